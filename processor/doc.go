// Package processor is an OpenTelemetry log record processor that does not make
// its callers wait and does not lose a record without counting it.
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
// takes ([WithMaxExportBatchBytes]). There is one worker for each exporter; the
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
// With [WithPressure] the processor's Enabled asks callers to hold back before it
// comes to that: while the queue is nearly full they need not build the records
// that matter least.
//
// # The ledger
//
// [Processor.Stats] tells where every record is or has ended:
//
//	Emitted = Filtered + Exported + Fallback + Σ Dropped[reason, severity] + Queued + InFlight
//
// The exporter's return value decides whether a record counts as exported, not
// the clock. A record that a timeout cut off may have arrived all the same; if that
// is the end of it, it is counted as [ReasonExportTimeout], apart from those known to
// be lost. Of an OTLP partial success exactly the rejected records are lost. A record
// is counted once, at its end, however often its export was tried.
//
// # Outages
//
// A batch whose export failed for a reason that may pass goes back to the front of
// the queue, and is tried again until it is taken, its time is up, or its records have
// to give way to others ([WithRetry], [Classify]). An exporter pauses after a failure,
// longer each time; those that work go on, and take what it could not deliver. When
// none works, one at a time tries one batch. What a receiver refuses for what it
// contains is not tried again, but parted until the records at fault are found.
//
// Delivery is at least once: where the answer to an export was lost, or late, trying
// again delivers the records twice.
//
// ForceFlush cuts the pause short. It returns the error of the attempt if the
// receiver is still away, and the records stay queued. Shutdown waits for no pause: it
// makes one more attempt for each batch.
//
// After three failed exports in a row, with no exporter left that works, the processor
// is degraded ([Stats].Degraded). It writes an event to the fallback when that begins,
// asynclog.degraded, and when it ends, asynclog.recovered. Meanwhile critical records
// are written to the fallback as they come, besides being queued: up to 100 at once,
// and then ten a second.
//
// # Critical records
//
// Records of severity ERROR and above ([WithCriticalSeverity]) are not dropped
// while there is another way: on overflow, when their export fails, at the end of
// Shutdown and after it they are written to the fallback ([WithFallback]; standard
// error by default), one JSON line each.
//
// # Gap records
//
// With [WithGapRecords] the losses are told in the logs themselves: the first export
// that succeeds after a loss is followed by a WARN record with the event name
// asynclog.gap, which says how many records are missing there, of which severities, why,
// and between which times.
//
// # Failures
//
// An exporter that panics is contained, one that hangs holds only its own worker.
// Errors are reported to otel.Handle, never on the goroutine of a caller, and no
// more than a few at a time. What an exporter logs while it exports, with the
// context it was given, is not taken: it would feed itself.
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
