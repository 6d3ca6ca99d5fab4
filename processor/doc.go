// Package processor is an OpenTelemetry log record processor: log calls do not
// wait for it, and it loses no record without counting it.
//
// It takes the place of the SDK's batch processor:
//
//	p := processor.New(exporter) // was: sdklog.NewBatchProcessor(exporter)
//	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
//	defer provider.Shutdown(ctx)
//
// Options of the same names and the environment variables OTEL_BLRP_* mean the
// same. What differs is what happens when things go wrong.
//
// # A record's way
//
// OnEmit copies the record into the open batch of a bounded queue, which takes
// some tens of nanoseconds and no allocation for up to five attributes. A batch
// is exported when it is full, when the export interval is over, when a critical
// record joins it, and when [Processor.ExportNow], [Processor.ForceFlush] or
// [Processor.Shutdown] asks for it; in parts, where it is larger than a receiver
// takes ([WithExportMaxBatchBytes]). There is one worker for each exporter; the
// records of one goroutine reach a single exporter in the order in which they
// were emitted.
//
// # Overflow
//
// When the queue is full, [WithOverflow] decides: [DropNewest] (the default),
// [DropOldest], [DropLowest], which gives the place of the least severe record to
// a more severe one, or [Block], which makes the caller wait for a limited time.
//
// [WithMaxQueueBytes] bounds the queue by bytes as well, under the same policies.
//
// With [WithPressure] callers hold back before it comes to that: while the
// queue is nearly full, the processor's Enabled says no to the records that
// matter least, and callers that ask need not build them.
//
// # The ledger
//
// [Processor.Stats] tells where every record is or has ended:
//
//	Emitted = Filtered + Exported + Fallback + Σ Dropped[reason, severity] + Queued + InFlight
//
// The exporter's return value decides whether a record counts as exported, not the
// clock. A record whose export timed out may have arrived all the same; if it is
// not tried again, it is counted as [ReasonExportTimeout], apart from those known
// to be lost. If a receiver rejects some records of a batch (an OTLP partial
// success), exactly those are lost. A record is counted once, when it has ended,
// however often its export was tried.
//
// # Outages
//
// A batch whose export failed for a reason that may pass goes back to the front of
// the queue, and is tried again until it is taken, its time is up, or its records
// have to make room for others ([WithRetry], [Classify]). An exporter pauses after
// a failure, longer each time; exporters that work go on, and take what it could
// not deliver. When none works, one at a time tries one batch. A batch that is
// refused for its content is not tried again as it is, but split until the records
// at fault are found.
//
// Delivery is at least once: where the answer to an export was lost, or late, trying
// again delivers the records twice.
//
// ForceFlush cuts the pause short. If the receiver still cannot be reached, it
// returns the error of the attempt, and the records stay queued. Shutdown does not
// wait for pauses: it makes one more attempt for each batch.
//
// After three failed exports in a row, and when no exporter works, the processor is
// degraded ([Stats].Degraded). It writes an event to the fallback when that begins,
// asynclog.degraded, and when it ends, asynclog.recovered. Meanwhile critical
// records are not only queued, but also written to the fallback as they come: up to
// 100 at once, and then ten a second.
//
// # Critical records
//
// Records of severity ERROR and above ([WithCriticalSeverity]) are not dropped
// while there is another way: on overflow, when their export fails, at the end of
// Shutdown and after it they are written to the fallback ([WithFallback]; standard
// error by default), one JSON line each. Of a batch that the receiver refuses in part
// (an OTLP partial success) nobody knows which they are, so none of those can be.
//
// # Gap records
//
// With [WithGapRecords] the logs themselves tell of losses: the first export that
// succeeds after a loss is followed by a WARN record with the event name
// asynclog.gap. It says how many records are missing there, of which severities,
// why, and between which times.
//
// # Failures
//
// A panic of an exporter is caught, and an exporter that hangs blocks only its own
// worker. Errors are reported to otel.Handle, never on the goroutine of a caller,
// and not more than a few at a time. What an exporter logs while it exports, with
// the context it was given, is not taken: it would feed itself.
//
// # Metrics
//
// On the MeterProvider given with [WithMeterProvider], or the global one, the
// processor has the metrics of OpenTelemetry's semantic conventions,
//
//   - otel.sdk.processor.log.queue.size and .queue.capacity ({log_record}),
//   - otel.sdk.processor.log.processed ({log_record}): each record once, without
//     error.type when it is handed to an exporter, with it when it was lost, or
//     went to the fallback, before that,
//
// and its own,
//
//   - asynclog.processor.queue.age (s): how long the oldest record of a batch had
//     waited when the batch was handed to its exporter,
//   - asynclog.processor.emitted, .filtered, .exported, .dropped (by error.type and
//     asynclog.severity), .in_flight ({log_record}): the ledger; with .fallback and
//     otel.sdk.processor.log.queue.size they add up at every collection,
//   - asynclog.processor.fallback ({log_record}): records written to the fallback
//     because they could not be exported,
//   - asynclog.processor.degraded: 1 while exports fail and no exporter works,
//     else 0,
//   - asynclog.processor.suppressed ({log_record}): about how many records callers
//     were held back from building, where [WithPressure] is used,
//
// with the attributes otel.component.type, which is
// github.com/krunchwrapper/asynclog/processor.Processor, and otel.component.name,
// which is that and a number. All but the histogram are read from the ledger when
// somebody collects.
package processor
