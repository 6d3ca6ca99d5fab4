package processor

import (
	"io"
	"slices"
	"time"

	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Option configures a [Processor]. Options are applied in order; the last one
// that sets a value wins.
type Option interface {
	apply(config) config
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

// WithMaxQueueSize sets how many records can be queued. [WithOverflow] decides what
// happens when the queue is full.
//
// Default: the environment variable OTEL_BLRP_MAX_QUEUE_SIZE, else 2048. A value
// less than one counts as not given.
func WithMaxQueueSize(n int) Option {
	return optionFunc(func(c config) config {
		c.maxQueueSize = n
		return c
	})
}

// WithExportMaxBatchSize sets the maximum number of records in one call of the
// exporter.
//
// Default: the environment variable OTEL_BLRP_MAX_EXPORT_BATCH_SIZE, else 512. A
// value less than one counts as not given; a value above the queue size counts as
// the queue size, and a value above 65,536 as 65,536.
func WithExportMaxBatchSize(n int) Option {
	return optionFunc(func(c config) config {
		c.maxBatchSize = n
		return c
	})
}

// WithExportMaxBatchBytes sets the maximum size, in bytes, of the records in one call of
// the exporter. A larger batch is exported in parts, one after the other, each of which
// succeeds or fails by itself. A record that exceeds the limit by itself is not exported:
// it is lost as [ReasonRecordTooLarge], or goes to the fallback if it is critical.
//
// The size is that of the records in OTLP's protobuf encoding, not compressed. It is
// estimated on the goroutines that export, not on those of callers.
//
// Default: 3.5 MiB. gRPC servers, a Collector's receiver among them, refuse messages of
// more than 4 MiB unless configured otherwise. A value less than one counts as not
// given. With math.MaxInt there is no limit.
func WithExportMaxBatchBytes(n int) Option {
	return optionFunc(func(c config) config {
		c.maxBatchBytes = n
		return c
	})
}

// WithExportInterval sets the longest time for which a record waits until others have
// filled its batch, while an exporter is free.
//
// Default: the environment variable OTEL_BLRP_SCHEDULE_DELAY, in milliseconds,
// else one second. A value less than one counts as not given.
func WithExportInterval(d time.Duration) Option {
	return optionFunc(func(c config) config {
		c.exportInterval = d
		return c
	})
}

// WithExportTimeout sets the time after which the context of an export ends. What the
// exporter then returns decides about the records, not the clock.
//
// Default: the environment variable OTEL_BLRP_EXPORT_TIMEOUT, in milliseconds,
// else 30 seconds. A value less than one counts as not given.
func WithExportTimeout(d time.Duration) Option {
	return optionFunc(func(c config) config {
		c.exportTimeout = d
		return c
	})
}

// WithExportBufferSize does nothing. It exists so that a call of
// sdklog.NewBatchProcessor can be replaced without changes.
//
// Deprecated: it has no effect in the SDK either.
func WithExportBufferSize(int) Option {
	return optionFunc(func(c config) config { return c })
}

// WithOverflow sets what happens when the queue is full.
//
// Default: [DropNewest].
func WithOverflow(o Overflow) Option {
	return optionFunc(func(c config) config {
		c.overflow = o
		return c
	})
}

// WithFallback sets the writer for critical records that cannot be exported: because the
// queue was full, their export failed for good, or the processor was shut down. While the
// processor is degraded ([Stats].Degraded), critical records are also copied to it when
// they are emitted. Each record is written with one call of Write, as one line of JSON with
// the field names of the stdoutlog exporter, at most 16 KiB long and without the resource.
// Callers do not wait for the writer: one goroutine writes from a buffer that is bounded by
// bytes, and records that do not fit, or cannot be written, are counted in [Stats].Dropped.
// Write is never called concurrently. A closed pipe is an error like any other, also if the
// writer is standard output or standard error.
//
// Default: os.Stderr. With nil there is no fallback.
func WithFallback(w io.Writer) Option {
	return optionFunc(func(c config) config {
		c.fallback = w
		return c
	})
}

// WithCriticalSeverity sets the lowest critical severity. Critical records go to the
// fallback rather than be lost, and are exported at once, without waiting for the
// interval. If more than 32 come within 100 milliseconds, the others are exported
// together when that time is over.
//
// Default: log.SeverityError.
func WithCriticalSeverity(s log.Severity) Option {
	return optionFunc(func(c config) config {
		c.critical = s
		return c
	})
}

// Severitier returns a severity. To change the severity while the program runs, implement
// it with an atomic value: Severity is called for each record, by many goroutines
// concurrently.
type Severitier interface {
	Severity() log.Severity
}

// WithMinSeverity sets the severity below which records are filtered. They are counted as
// [Stats].Filtered, and Enabled reports false for them, so that callers need not build
// them. Records of unspecified severity are always accepted, as OpenTelemetry's
// specification demands. While Severity panics there is no minimum, and the panic is
// reported to otel.Handle.
//
// Default, and with nil: no minimum.
func WithMinSeverity(s Severitier) Option {
	return optionFunc(func(c config) config {
		c.minSeverity = s
		return c
	})
}

// WithExporters adds exporters, which share the work: each has a goroutine of its own, and
// each record goes to exactly one of them. Use it with several connections to the same
// backend if one connection cannot keep up. With more than one exporter, records may
// arrive out of order.
//
// An exporter that is nil, or given twice, is not used; this is reported to otel.Handle.
func WithExporters(more ...sdklog.Exporter) Option {
	return optionFunc(func(c config) config {
		c.exporters = append(slices.Clip(c.exporters), more...)
		return c
	})
}

// WithSynchronous makes OnEmit wait for the export of the record. There is no queue, and
// there is one export at a time. A call that does not get its turn within the export
// timeout gives up, and its record is counted as [ReasonQueueFull]. Ledger, fallback and
// containment of panics are the same.
//
// A caller does not wait for an export longer than the export timeout: it may hold a lock
// that the exporter needs, as log.Print does. The exporter then goes on without it. What
// an exporter logs itself, on the goroutine that it was called on, is refused at once.
//
// It is for development, and for programs that are too short-lived for a queue.
func WithSynchronous() Option {
	return optionFunc(func(c config) config {
		c.synchronous = true
		return c
	})
}

// WithRetry sets how failed exports are retried.
//
// A batch whose export failed with a temporary error goes back to the front of the
// queue. There it is [Stats].Queued, takes capacity, and is subject to the overflow
// policy like any other batch; its capacity is reserved for it only while an exporter
// retries it. The exporter pauses before it takes the next batch, longer each time; with
// several exporters, those that work take the batch at once. [RetryConfig] says how long
// the pauses are, and [Classify] which errors are temporary.
//
// A receiver may have accepted a batch although the exporter says that it failed, because
// the response was lost or came too late. A retry then delivers the records twice. Each
// is counted once.
//
// In synchronous mode ([WithSynchronous]) there are no retries: the caller would have to
// wait.
//
// Default: the zero RetryConfig, which retries.
func WithRetry(r RetryConfig) Option {
	return optionFunc(func(c config) config {
		c.retry = r
		return c
	})
}

// WithMaxQueueBytes sets how many bytes of records can be queued, in addition to
// [WithMaxQueueSize], which bounds their number. [WithOverflow] decides which records
// are dropped when the bytes do not suffice: [DropNewest] drops the new record,
// [DropOldest] as many of the oldest records as necessary, [DropLowest] as many of the
// least severe ones, if enough of them are less severe than the new record, and [Block]
// waits. A record that is larger than the whole queue is lost as [ReasonRecordTooLarge],
// or goes to the fallback if it is critical.
//
// The size of a record is the number of bytes that it takes on the wire, in OTLP. In
// memory each record takes some 600 bytes, however small it is, plus its texts. Like
// [WithMaxQueueSize] this bounds what is queued, not what exporters hold: the bytes of a
// batch are free when an exporter takes it. A batch that waits for a retry is queued, and
// keeps its bytes during the retry. A batch that has half of the bytes is exported
// without waiting for more records, so choose many times the size of a usual record.
//
// With this option a log call costs more: it examines the whole record, and updates a
// counter that all callers share. See BenchmarkHandOverBytes.
//
// Default, and with a value less than one: no bound. There is no queue with
// [WithSynchronous].
func WithMaxQueueBytes(n int) Option {
	return optionFunc(func(c config) config {
		c.maxQueueBytes = n
		return c
	})
}

// WithGapRecords makes the processor export a record in the place of lost ones, so that
// readers of the logs see the gap. After a loss, the first export that succeeds is
// followed by the export of one WARN record with the event name asynclog.gap, which has
// the resource of the lost records and the scope
// github.com/krunchwrapper/asynclog/processor. Its body is a sentence, and its attributes
// are
//
//   - asynclog.gap.lost: the increase of [Stats].Dropped since the last gap record,
//   - asynclog.gap.fallback: how many records were written to the fallback instead,
//   - asynclog.gap.reason.<[Reason]>: how many of both, for each reason,
//   - asynclog.gap.severity.<range>, such as debug: how many were lost, for each
//     severity range,
//   - asynclog.gap.first, asynclog.gap.last: the times between which the records were
//     lost, in UTC, to a tenth of a second; under [DropOldest] the loss of displaced
//     records is noted when a batch is taken, or the interval is over, so it may have
//     begun that much earlier,
//   - asynclog.gap.resources: the number of resources that all these figures are the sum
//     of, if there is more than one; the record is exported once for each of them.
//
// The gap record takes no capacity of the queue, so it displaces nothing, and it is in no
// figure of the ledger; [Stats].GapRecords counts it. If it cannot be delivered, the next
// one includes its losses. There is at most one a second. At [Processor.Shutdown] the
// last one comes after the last record, if there is time. In synchronous mode
// ([WithSynchronous]) there are none: the caller would have to wait for them.
//
// Default: false, so that a processor that replaces the SDK's batch processor exports
// nothing that the program did not log.
func WithGapRecords(on bool) Option {
	return optionFunc(func(c config) config {
		c.gapRecords = on
		return c
	})
}

// WithPressure makes [Processor.Enabled] report false for records below a severity while
// the queue is nearly full. Callers that check Enabled, as slog does, then do not build
// these records, and the capacity is left for more important ones. The zero
// PressureConfig is a good start: when the queue has filled to 80 %, and until it is down
// to half, TRACE and DEBUG are held back. If the queue is bounded by bytes too, the
// fuller of the two counts. Pressure takes effect with the record that reaches the mark,
// and costs accepted records nothing.
//
// Enabled is advice. A record that is emitted all the same is accepted, whatever its
// severity. Critical records and those of unspecified severity are never held back. A
// logger asks all processors of its provider and is enabled if one of them is, so a
// processor whose Enabled is always true makes this option ineffective.
//
// [Stats].Suppressed counts how often Enabled was false under pressure. It is about the
// number of records that were not built; what a caller would have done next is not known.
// These records are not Emitted, and in no other figure of the ledger.
//
// Default: Enabled does not depend on the queue. There is no queue with
// [WithSynchronous].
func WithPressure(pc PressureConfig) Option {
	return optionFunc(func(c config) config {
		c.pressure = &pc
		return c
	})
}

// WithMeterProvider sets the provider of the processor's own metrics, which the package
// documentation lists.
//
// Default, and with nil: the global MeterProvider.
func WithMeterProvider(mp metric.MeterProvider) Option {
	return optionFunc(func(c config) config {
		c.meterProvider = mp
		return c
	})
}

// WithDropHook sets a function that is called with the number of records lost since its
// last call, for each reason and severity. It is called on a goroutine of its own, never
// on that of a caller, and never concurrently with itself; while records keep being lost,
// about every 100 milliseconds. Records that go to the fallback are not lost. Shutdown
// waits, one second at most, until all losses are reported to the function. The function
// may log; it should not block. If it loses records by logging after Shutdown, these are
// reported together with the next loss that it did not cause.
//
// Default, and with nil: none.
func WithDropHook(f func(Drop)) Option {
	return optionFunc(func(c config) config {
		c.dropHook = f
		return c
	})
}
