// Package processor is an OpenTelemetry log record processor: log calls do not
// wait for it, and it loses no record without counting it.
//
// It replaces the SDK's batch processor:
//
//	p := processor.New(exporter) // was: sdklog.NewBatchProcessor(exporter)
//	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
//	defer provider.Shutdown(ctx)
//
// Options of the same names and the environment variables OTEL_BLRP_* mean the
// same. The difference is what happens when things go wrong.
//
// # From the log call to the exporter
//
// OnEmit copies the record into the open batch of a bounded queue, which takes
// some tens of nanoseconds and no allocation for up to five attributes. A batch
// is exported when it is full, when the export interval is over, when a critical
// record joins it, and when [Processor.ExportNow], [Processor.ForceFlush] or
// [Processor.Shutdown] is called. A batch that is larger than a receiver accepts is
// exported in parts ([WithExportMaxBatchBytes]). There is one worker for each
// exporter; the records of one goroutine reach a single exporter in the order in
// which they were emitted.
//
// # Overflow
//
// When the queue is full, [WithOverflow] decides: [DropNewest] (the default),
// [DropOldest], [DropLowest], which displaces the least severe record by a more
// severe one, or [Block], which makes the caller wait for a limited time.
//
// [WithMaxQueueBytes] bounds the queue by bytes as well, under the same policies.
//
// With [WithPressure] callers hold records back before the queue is full: while it
// is nearly full, the processor's Enabled reports false for the records that matter
// least, and callers that check it need not build them.
//
// # The ledger
//
// [Processor.Stats] returns the current or final state of every record:
//
//	Emitted = Filtered + Exported + Fallback + Σ Dropped[reason, severity] + Queued + InFlight
//
// The exporter's return value decides whether a record counts as exported, not the
// clock. A record whose export timed out may have arrived all the same; if it is
// not retried, it is counted as [ReasonExportTimeout], apart from those known to be
// lost. If a receiver rejects some records of a batch (an OTLP partial success),
// exactly that number is lost. A record is counted once, at its final outcome,
// however often its export was tried.
//
// # Outages
//
// A batch whose export failed with a temporary error goes back to the front of the
// queue. It is retried until it is accepted, its time is up, or other records
// displace its records ([WithRetry], [Classify]). An exporter pauses after a
// failure, longer each time; exporters that work go on, and take what it could not
// deliver. When none works, one exporter at a time tries one batch. A batch that is
// refused because of its content is not retried as it is, but split until the
// records at fault are found.
//
// Delivery is at least once: if the response to an export was lost, or late, a retry
// delivers the records twice.
//
// ForceFlush cuts the pause short. If the receiver still cannot be reached, it
// returns the error of the attempt, and the records stay queued. Shutdown does not
// wait for pauses: it makes one more attempt for each batch.
//
// After three failed exports in a row, and if no exporter works, the processor is
// degraded ([Stats].Degraded). It writes an event to the fallback when it becomes
// degraded, asynclog.degraded, and when it recovers, asynclog.recovered. Meanwhile
// critical records are not only queued, but also written to the fallback when they
// are emitted: up to 100 at once, and then ten a second.
//
// Outages that follow each other closely are not all written: after the first the next is
// written if it begins, or still goes on, ten seconds later, and that time doubles with
// each, up to ten minutes. The event says how many others there were (asynclog.outages).
//
// # Critical records
//
// Records of severity ERROR and above ([WithCriticalSeverity]) are not dropped if
// they can be saved: on overflow, when their export fails, at the end of Shutdown and
// after it they are written to the fallback ([WithFallback]; standard error by
// default), one JSON line each. A receiver that rejects some records of a batch (an
// OTLP partial success) does not say which, so those cannot be saved.
//
// A line has the field names of the stdoutlog exporter: the time, the severity, the body,
// the attributes, the trace and the name of the scope, but not the resource. It is at most
// 16 KiB long, and 2 KiB if the record is queued as well; what is longer is cut, and says
// so. Control characters, and characters that hide or reorder text, are escaped. What JSON
// cannot express is text. A line is one call of Write, and never glued to a part of another.
//
// # Memory
//
// With [WithMaxQueueBytes] the bytes that a processor holds are bounded, whatever its
// exporters and its fallback writer do:
//
//   - the queue: WithMaxQueueBytes, as [Stats].QueuedBytes counts them, and about 600 bytes
//     for each slot: at most twice WithMaxQueueSize and one batch of them;
//   - for each exporter the batch that it holds: at most WithExportMaxBatchSize records,
//     which all have been in the queue, so at most WithMaxQueueBytes again;
//   - the fallback: records of WithMaxQueueBytes, and at least of 16 MiB. A record there
//     takes 1.5 KiB and its content, or at most 16 KiB for a line if it is larger. Copies
//     and events, 256 at most, take less than 1 MiB beside that;
//   - reports: ten errors as the exporters have made them, and 32 texts of 2 KiB. A call of
//     ForceFlush or Shutdown keeps eight errors.
//
// The sum is 3 × WithMaxQueueBytes for one exporter, if that is 16 MiB or more, and slots.
// The texts and lists of a record are counted, not what records share: resources and scopes.
// WithMaxQueueBytes counts bytes on the wire; in memory each attribute, and each element of
// a list, takes up to 64 bytes besides its text.
// A record that has no room is refused or displaced, or not saved in the fallback, and
// counted under the reason that it came with. Without WithMaxQueueBytes the number of
// records is bounded in the same places, and the fallback by 2 KiB for each record that the
// queue and the exporters can hold, and at least by 16 MiB.
//
// # Gap records
//
// With [WithGapRecords] the logs themselves report losses: the first export that
// succeeds after a loss is followed by a WARN record with the event name
// asynclog.gap. It says how many records are missing there, of which severities, for
// which reasons, and between which times.
//
// # Failures
//
// A panic of an exporter is recovered, and an exporter that hangs blocks its own worker
// only. Errors are reported to otel.Handle, never on the goroutine of a caller, and at
// a limited rate. The text of an error is one line of at most 2 KiB, with control
// characters escaped. The same text is reported again after ten seconds at the earliest,
// and then after twice that time, up to ten minutes, with how often it came; that a file is a
// pipe that nobody reads any more is reported once. An error that Shutdown returns is not
// reported as well. Records that an exporter logs with the context of its export are not
// accepted, because each would cause another export.
//
// # Metrics
//
// The MeterProvider set with [WithMeterProvider], or the global one, gets the metrics of
// OpenTelemetry's semantic conventions,
//
//   - otel.sdk.processor.log.queue.size and .queue.capacity ({log_record}),
//   - otel.sdk.processor.log.processed ({log_record}): each record once, without
//     error.type when it is handed to an exporter, with it when it was lost, or
//     went to the fallback, before that,
//
// and the processor's own,
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
//     did not build under pressure; only with [WithPressure],
//
// with the attributes otel.component.type, which is
// github.com/krunchwrapper/asynclog/processor.Processor, and otel.component.name,
// which is that and a number. All but the histogram are read from the ledger at each
// collection. After Shutdown the final figures are observed for five more minutes, from
// the first collection on, so that every reader of the MeterProvider gets them.
package processor
