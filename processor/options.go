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

// WithMaxQueueSize sets how many records can be queued. What happens to one more
// is decided by [WithOverflow].
//
// Default: the environment variable OTEL_BLRP_MAX_QUEUE_SIZE, else 2048. A value
// less than one counts as not given.
func WithMaxQueueSize(n int) Option {
	return optionFunc(func(c config) config {
		c.maxQueueSize = n
		return c
	})
}

// WithExportMaxBatchSize sets how many records an exporter is given at most in
// one call.
//
// Default: the environment variable OTEL_BLRP_MAX_EXPORT_BATCH_SIZE, else 512. A
// value less than one counts as not given; one above the queue size counts as
// the queue size, and one above 65,536 as that.
func WithExportMaxBatchSize(n int) Option {
	return optionFunc(func(c config) config {
		c.maxBatchSize = n
		return c
	})
}

// WithExportMaxBatchBytes sets how large, in bytes, a batch may be that an exporter
// is given: a larger one is exported in parts, one after the other, each of which
// succeeds or fails alone. A record that is larger by itself is not exported: it is
// lost as [ReasonRecordTooLarge], or goes to the fallback if it is critical.
//
// The size is that of the records in OTLP's protobuf encoding, not compressed. It is
// estimated on the goroutines that export, not on that of a caller.
//
// Default: 3.5 MiB. gRPC servers, a Collector's receiver among them, refuse
// messages of more than 4 MiB unless configured otherwise. A value less than one
// counts as not given. With math.MaxInt there is no limit.
func WithExportMaxBatchBytes(n int) Option {
	return optionFunc(func(c config) config {
		c.maxBatchBytes = n
		return c
	})
}

// WithExportInterval sets how long a record waits, at most, for others to fill a
// batch with, while an exporter is free.
//
// Default: the environment variable OTEL_BLRP_SCHEDULE_DELAY, in milliseconds,
// else one second. A value less than one counts as not given.
func WithExportInterval(d time.Duration) Option {
	return optionFunc(func(c config) config {
		c.exportInterval = d
		return c
	})
}

// WithExportTimeout sets after which time the context of an export ends. What
// the exporter then returns decides about the records, not the clock.
//
// Default: the environment variable OTEL_BLRP_EXPORT_TIMEOUT, in milliseconds,
// else 30 seconds. A value less than one counts as not given.
func WithExportTimeout(d time.Duration) Option {
	return optionFunc(func(c config) config {
		c.exportTimeout = d
		return c
	})
}

// WithExportBufferSize does nothing. It is here so that a call of
// sdklog.NewBatchProcessor can be replaced as it stands.
//
// Deprecated: it has no effect in the SDK either.
func WithExportBufferSize(int) Option {
	return optionFunc(func(c config) config { return c })
}

// WithOverflow sets what happens to a record for which there is no room.
//
// Default: [DropNewest].
func WithOverflow(o Overflow) Option {
	return optionFunc(func(c config) config {
		c.overflow = o
		return c
	})
}

// WithFallback sets where critical records go that cannot be exported: because
// the queue was full, an export failed for good, or the processor was shut down; and,
// while the processor is degraded ([Stats].Degraded), as they come. Each is
// written with one call of Write, as one line of JSON in the form of the
// stdoutlog exporter. Nobody waits for the writer: one goroutine writes from a
// bounded buffer, and what does not fit, or cannot be written, is counted in
// [Stats].Dropped. Write is never called concurrently.
//
// Default: os.Stderr. With nil there is no fallback.
func WithFallback(w io.Writer) Option {
	return optionFunc(func(c config) config {
		c.fallback = w
		return c
	})
}

// WithCriticalSeverity sets the lowest critical severity. Critical records go
// to the fallback rather than be lost, and are exported at once, without
// waiting for the interval. If more than 32 come within 100 milliseconds, the
// rest are exported together when that time is over.
//
// Default: log.SeverityError.
func WithCriticalSeverity(s log.Severity) Option {
	return optionFunc(func(c config) config {
		c.critical = s
		return c
	})
}

// Severitier returns a severity. To change it while the program runs,
// implement this with an atomic value: it is read at each record, by many
// goroutines at once.
type Severitier interface {
	Severity() log.Severity
}

// WithMinSeverity sets the severity below which records are not taken. They are
// counted as [Stats].Filtered, and Enabled reports false for them, so that
// callers need not build them. Records of unspecified severity are taken always,
// as OpenTelemetry's specification demands. If asking for it panics, there is no
// minimum, and otel.Handle is told.
//
// Default, and with nil: no minimum.
func WithMinSeverity(s Severitier) Option {
	return optionFunc(func(c config) config {
		c.minSeverity = s
		return c
	})
}

// WithExporters adds exporters, which share the work: each has a goroutine of its
// own, and each record goes to exactly one of them. Use it with several
// connections to the same backend when one of them cannot keep up. With more than
// one exporter, records may arrive out of order.
//
// An exporter that is nil, or given twice, is refused; otel.Handle is told.
func WithExporters(more ...sdklog.Exporter) Option {
	return optionFunc(func(c config) config {
		c.exporters = append(slices.Clip(c.exporters), more...)
		return c
	})
}

// WithSynchronous makes OnEmit export the record in the goroutine of the caller,
// which waits for it. There is no queue, and exports take place one at a time. A
// call that does not get its turn within the export timeout gives up, counted as
// [ReasonQueueFull]. Ledger, fallback and containment of panics are the same.
//
// It is for development, and for programs that are too short-lived for a queue.
func WithSynchronous() Option {
	return optionFunc(func(c config) config {
		c.synchronous = true
		return c
	})
}

// WithRetry sets how failed exports are tried again.
//
// A batch whose export failed for a reason that may pass goes back to the front
// of the queue. There it is [Stats].Queued, takes room, and obeys the overflow
// policy like any other; only while an exporter tries it again is its room kept
// for it. The exporter pauses before it takes the next batch, longer each time;
// with several exporters, those that work take the batch at once. [RetryConfig]
// says for how long, [Classify] which reasons may pass.
//
// A receiver may have taken a batch although the exporter says that it failed,
// because the answer was lost or came too late. Trying again then delivers the
// records twice. Each is counted once.
//
// In synchronous mode ([WithSynchronous]) nothing is tried again: the caller would
// have to wait.
//
// Default: the zero RetryConfig, which tries again.
func WithRetry(r RetryConfig) Option {
	return optionFunc(func(c config) config {
		c.retry = r
		return c
	})
}

// WithMaxQueueBytes sets how many bytes of records can be queued, in addition to
// [WithMaxQueueSize], which bounds their number. [WithOverflow] decides what gives
// way, and as many records do as it takes: [DropNewest] drops the new one,
// [DropOldest] as many of the oldest as make room for it, [DropLowest] as many of
// the least severe, if those that are less severe than the new one make enough
// room, and [Block] waits for room. A record that is larger than the whole queue is
// lost as [ReasonRecordTooLarge], or goes to the fallback if it is critical.
//
// A record counts with the bytes that it takes on the wire, in OTLP. In memory each
// takes some 600 bytes, however small it is, plus its texts. Like
// [WithMaxQueueSize] this bounds what is queued, not what exporters hold: the bytes
// of a batch are free when an exporter takes it. A batch that waits for another
// attempt is queued, and keeps its room during the attempt. A batch that has half of
// the bytes is exported without waiting for more records, so choose many times what
// a usual record takes.
//
// With this option a log call costs more: it looks at the whole record, and at a
// counter that all callers share. See BenchmarkHandOverBytes.
//
// Default, and with less than one: no bound. There is no queue with
// [WithSynchronous].
func WithMaxQueueBytes(n int) Option {
	return optionFunc(func(c config) config {
		c.maxQueueBytes = n
		return c
	})
}

// WithGapRecords makes the processor leave a record in the logs where records were
// lost, so that whoever reads the logs sees the gap. After a loss, the first export
// that succeeds is followed by the export of one WARN record with the event name
// asynclog.gap, which has the resource of the lost records and the scope
// github.com/krunchwrapper/asynclog/processor. Its body is a sentence, and its
// attributes are
//
//   - asynclog.gap.lost: how many records are in [Stats].Dropped more than at the
//     last gap record,
//   - asynclog.gap.fallback: how many were written to the fallback instead,
//   - asynclog.gap.reason.<[Reason]>: how many of both, for each reason,
//   - asynclog.gap.severity.<range>, such as debug: how many were lost, for each
//     severity range,
//   - asynclog.gap.first, asynclog.gap.last: between which times, in UTC, to a tenth
//     of a second; under [DropOldest] the losses that newcomers cause are noted when a
//     batch is taken, or the interval is over, so they may have begun that much earlier,
//   - asynclog.gap.resources, if there are more than one, each of which is sent the
//     record: of how many all these figures are together.
//
// The gap record takes no room in the queue, so nothing gives way to it, and is in
// no figure of the ledger; [Stats].GapRecords counts it. If it cannot be delivered,
// the next one includes its losses. There is at most one a second. At
// [Processor.Shutdown] the last one comes after the last record, if there is time.
// In synchronous mode ([WithSynchronous]) there are none: the caller would have to
// wait for them.
//
// Default: false, so that what takes the place of the SDK's batch processor sends
// nothing that the program did not log.
func WithGapRecords(on bool) Option {
	return optionFunc(func(c config) config {
		c.gapRecords = on
		return c
	})
}

// WithPressure makes [Processor.Enabled] say no to records below a severity
// while the queue is nearly full. Callers that ask, as slog does, then do not
// even build them, and the room is left for what matters more. The zero
// PressureConfig is a good start: from 80 % of the queue on, until it is down
// to half, TRACE and DEBUG are held back. If the queue is bounded by bytes too,
// the fuller of the two counts. It takes effect with the record that reaches
// the mark, and costs accepted records nothing.
//
// Enabled is advice. A record of whatever severity that is emitted all the same is
// taken, and critical ones and those of unspecified severity are never held back.
// A logger asks all processors of its provider and is enabled if one of them says
// yes, so one that always does leaves this without effect.
//
// How often Enabled has said no is told by [Stats].Suppressed. It is about the
// number of records that were not built: nobody knows what a caller would have
// done next. They are not Emitted, and in no other figure of the ledger.
//
// Default: Enabled does not heed the queue. There is none with [WithSynchronous].
func WithPressure(pc PressureConfig) Option {
	return optionFunc(func(c config) config {
		c.pressure = &pc
		return c
	})
}

// WithMeterProvider sets where the processor's own metrics go; see the package
// documentation for what they are.
//
// Default, and with nil: the global MeterProvider.
func WithMeterProvider(mp metric.MeterProvider) Option {
	return optionFunc(func(c config) config {
		c.meterProvider = mp
		return c
	})
}

// WithDropHook sets a function that is told of lost records: how many since it
// was last told, for each reason and severity. It is called on a goroutine of
// its own, never on that of a caller, and never concurrently with itself; while
// records keep being lost, about every 100 milliseconds. What goes to the
// fallback is not lost. Shutdown waits, one second at most, until the function
// has been told everything. The function may log; it should not block. Records
// that it loses by logging after Shutdown are told with the next loss of
// somebody else.
//
// Default, and with nil: none.
func WithDropHook(f func(Drop)) Option {
	return optionFunc(func(c config) config {
		c.dropHook = f
		return c
	})
}
