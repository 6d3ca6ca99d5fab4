package bridge

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/value"
)

// Names in the records of a [PhaseLogger]. OpenTelemetry has no semantic conventions
// for phases, so they are in this module's own namespace.
const (
	// PhaseEventName is the event name of each record.
	PhaseEventName = "asynclog.phase"
	// PhaseKey is the key of the attribute that holds the phase.
	PhaseKey = attribute.Key("asynclog.phase")

	// dataKey is the key of the attribute that holds the data given to
	// [PhaseLogger.LogAny] if the data has no keys of its own.
	dataKey = attribute.Key("asynclog.data")
)

// Phases that a [PhaseLogger] treats differently from all others.
const (
	// PhaseError has severity ERROR, and is logged when verbose is off, too.
	PhaseError = "ERROR"
	// PhaseCompletion is, like PhaseError, synchronous by default; see
	// [WithSynchronousPhases].
	PhaseCompletion = "COMPLETION"
)

// phaseScope is the name of the instrumentation scope of phase records.
const phaseScope = pkgPath

// PhaseLogger logs the phases of an operation, as events on the OpenTelemetry Logs
// API. Create one with [NewPhaseLogger].
//
// Some phases, by default [PhaseError] and [PhaseCompletion], are also written to
// a writer while the caller waits, and the batch that contains them is exported at
// once: they are what people look for when a process has died. Those calls take as
// long as the writer does. All others take as long as the provider's Logger does.
//
// Its methods are safe for concurrent use.
type PhaseLogger struct {
	verbose atomic.Bool

	// Set by NewPhaseLogger, not changed afterwards.
	logger      log.Logger
	synchronous []string
	writer      *phaseWriter
	exportNow   func() // nil: none
	correlation correlation
}

// NewPhaseLogger returns a PhaseLogger that emits to the provider, with this
// package's import path as instrumentation scope. A provider of nil stands for the
// global LoggerProvider. Verbose is on; [PhaseLogger.SetVerbose] changes it.
//
// The options [WithSynchronousPhases], [WithSynchronousWriter], [WithExportNow],
// [WithCorrelationKey] and [WithBaggage] apply.
func NewPhaseLogger(provider log.LoggerProvider, opts ...Option) *PhaseLogger {
	if provider == nil {
		provider = otel.GetLoggerProvider()
	}
	c := newConfig(opts)
	l := &PhaseLogger{
		logger:      provider.Logger(phaseScope),
		synchronous: c.synchronousPhases,
		writer:      newPhaseWriter(c.synchronousWriter),
		exportNow:   c.exportNow,
		correlation: newCorrelation(&c),
	}
	l.verbose.Store(true)
	return l
}

// SetVerbose switches phase logging on or off. While it is off, a call of Log costs
// one atomic load, and only the phase [PhaseError] is logged, so that failures stay
// visible.
//
// Default: true.
func (l *PhaseLogger) SetVerbose(verbose bool) { l.verbose.Store(verbose) }

// Verbose reports whether phase logging is on.
func (l *PhaseLogger) Verbose() bool { return l.verbose.Load() }

// WriteFailures returns how many times the writer of [WithSynchronousWriter] or
// the function of [WithExportNow] has failed or panicked. The records concerned
// were emitted to the provider all the same.
func (l *PhaseLogger) WriteFailures() uint64 { return l.writer.failures.Load() }

// Log emits a record with event name [PhaseEventName], the phase as the attribute
// [PhaseKey], and the data as further attributes, except those with the key PhaseKey.
// The body is the message, the time is now. The severity is ERROR for the phase
// [PhaseError], and INFO for all others.
//
// The record is correlated with the context: the SDK takes the trace from it, and
// the processor of [NewLogProcessor] the correlation ID.
func (l *PhaseLogger) Log(ctx context.Context, phase, message string, data ...attribute.KeyValue) {
	if !l.verbose.Load() && phase != PhaseError {
		return
	}
	if to := l.destinations(ctx, phase); to != nowhere {
		l.emit(ctx, to, phase, message, data)
	}
}

// LogAny is [PhaseLogger.Log] for callers that have data of any type, and the
// correlation ID as a string. It replaces loggers of the form
// log(phase, message, data, correlationID).
//
// The members of a map, a struct or a list of attributes become attributes of the
// record. An error becomes the attributes exception.type and exception.message of
// OpenTelemetry's semantic conventions. Other data becomes the one attribute
// "asynclog.data", and nil none. See [ValueOf] for the conversion of values and its
// bounds. Members with the key [PhaseKey] are left out, and so are those with the
// correlation ID's key if an ID is given.
//
// A correlationID of "" stands for the context's. If the context has none either,
// the record gets a new one, as by [NewCorrelationID]. The ID is an attribute of the
// record with or without a processor of [NewLogProcessor]; the context's span is not
// changed.
//
// Nothing in the data makes LogAny panic. It keeps no reference to the data, which
// must not change during the call.
func (l *PhaseLogger) LogAny(ctx context.Context, phase, message string, data any, correlationID string) {
	if !l.verbose.Load() && phase != PhaseError {
		return
	}
	if ctx == nil {
		ctx = context.Background() // callers that pass IDs as strings may have no context
	}
	to := l.destinations(ctx, phase)
	if to == nowhere {
		return
	}
	attrs := value.Attributes(dataKey, data)
	key := l.correlation.key
	switch {
	case correlationID != "":
		attrs = append(without(attrs, key), key.String(value.Text(correlationID)))
	case !hasKey(attrs, key):
		id := l.correlation.id(ctx)
		if id == "" {
			id = NewCorrelationID(ctx)
		}
		attrs = append(attrs, key.String(id))
	}
	l.emit(ctx, to, value.ValidUTF8(phase), value.ValidUTF8(message), attrs)
}

// destinations is the set of places that a record goes to.
type destinations uint8

const (
	toProvider destinations = 1 << iota
	toWriter

	nowhere destinations = 0
)

func (l *PhaseLogger) destinations(ctx context.Context, phase string) (to destinations) {
	severity, _ := severityOf(phase)
	if l.logger.Enabled(ctx, log.EnabledParameters{Severity: severity, EventName: PhaseEventName}) {
		to |= toProvider
	}
	if slices.Contains(l.synchronous, phase) {
		to |= toWriter
	}
	return to
}

func (l *PhaseLogger) emit(
	ctx context.Context, to destinations, phase, message string, data []attribute.KeyValue,
) {
	if hasKey(data, PhaseKey) {
		data = without(data, PhaseKey)
	}
	now := time.Now()
	if to&toProvider != 0 {
		severity, text := severityOf(phase)
		var r log.Record
		r.SetEventName(PhaseEventName)
		r.SetTimestamp(now)
		r.SetObservedTimestamp(now) // saves the SDK another look at the clock
		r.SetSeverity(severity)
		r.SetSeverityText(text)
		r.SetBody(attribute.StringValue(message))
		r.AddAttributes(PhaseKey.String(phase))
		r.AddAttributes(data...)
		l.logger.Emit(ctx, r)
	}
	if to&toWriter != 0 {
		l.writer.run(l.exportNow) // before writing, so that the export takes place meanwhile
		// A clone, so that the data of all the other calls can stay on the stack.
		l.writer.write(ctx, line{now, phase, message, l.correlation.add(ctx, slices.Clone(data))})
	}
}

func severityOf(phase string) (log.Severity, string) {
	if phase == PhaseError {
		return log.SeverityError, "ERROR"
	}
	return log.SeverityInfo, "INFO"
}

// without returns a copy of the attributes without those that have the key.
func without(attrs []attribute.KeyValue, key attribute.Key) []attribute.KeyValue {
	kept := make([]attribute.KeyValue, 0, len(attrs))
	for _, a := range attrs {
		if a.Key != key {
			kept = append(kept, a)
		}
	}
	return kept
}
