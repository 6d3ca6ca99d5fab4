package bridge

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
)

// Names of what a [PhaseLogger] emits. OpenTelemetry has no semantic conventions
// for phases, so they are in this module's own namespace.
const (
	// PhaseEventName is the event name of each record.
	PhaseEventName = "asynclog.phase"
	// PhaseKey is the key of the attribute that has the phase.
	PhaseKey = attribute.Key("asynclog.phase")
	// DataKey is the key of the attribute that has the data given to
	// [PhaseLogger.LogAny], where the data has no keys of its own.
	DataKey = attribute.Key("asynclog.data")
)

// Phases that mean something to a [PhaseLogger]. All others are alike.
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
// a writer while the caller waits, and have the batch they are in exported: they
// are what one looks for when a process has died. Those calls take as long as the
// writer does. All others take what the provider's Logger takes.
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
// global LoggerProvider.
//
// The options [WithVerbose], [WithSynchronousPhases], [WithSynchronousWriter],
// [WithExportNow], [WithCorrelationKey] and [WithBaggage] apply.
func NewPhaseLogger(provider log.LoggerProvider, opts ...Option) *PhaseLogger {
	if provider == nil {
		provider = otel.GetLoggerProvider()
	}
	c := newConfig(opts).phase
	l := &PhaseLogger{
		logger:      provider.Logger(phaseScope),
		synchronous: c.synchronousPhases(),
		writer:      newPhaseWriter(c.synchronousWriter()),
		exportNow:   c.exportNow,
		correlation: newCorrelation(c.correlations),
	}
	l.verbose.Store(!c.quiet)
	return l
}

// SetVerbose switches phase logging on or off. While it is off, a call of Log
// costs one atomic load, and only the phase [PhaseError] is logged: whoever turns
// off the chatter does not mean the failures.
func (l *PhaseLogger) SetVerbose(verbose bool) { l.verbose.Store(verbose) }

// Verbose tells whether phase logging is on.
func (l *PhaseLogger) Verbose() bool { return l.verbose.Load() }

// WriteFailures returns how many times the writer of [WithSynchronousWriter] or
// the function of [WithExportNow] has failed or panicked. The records concerned
// went to the provider all the same.
func (l *PhaseLogger) WriteFailures() uint64 { return l.writer.failures.Load() }

// Log emits a record with event name [PhaseEventName], the attribute [PhaseKey]
// that has the phase, and the data as further attributes; one that has the key
// PhaseKey is left out. The message is the body, now the time. The severity is
// ERROR for the phase [PhaseError], and INFO for all others.
//
// The record is correlated with the context: the SDK takes the trace from it, and
// the processor of [NewLogProcessor] the correlation ID.
func (l *PhaseLogger) Log(ctx context.Context, phase, message string, data ...attribute.KeyValue) {
	if !l.verbose.Load() && phase != PhaseError {
		return
	}
	if where := l.destinations(ctx, phase); where != nowhere {
		l.emit(ctx, where, phase, message, data)
	}
}

// destinations is a set of where a record goes.
type destinations uint8

const (
	toProvider destinations = 1 << iota
	toWriter

	nowhere destinations = 0
)

func (l *PhaseLogger) destinations(ctx context.Context, phase string) (where destinations) {
	severity, _ := severityOf(phase)
	if l.logger.Enabled(ctx, log.EnabledParameters{Severity: severity, EventName: PhaseEventName}) {
		where |= toProvider
	}
	if slices.Contains(l.synchronous, phase) {
		where |= toWriter
	}
	return where
}

func (l *PhaseLogger) emit(
	ctx context.Context, where destinations, phase, message string, data []attribute.KeyValue,
) {
	if hasKey(data, PhaseKey) {
		data = without(data, PhaseKey)
	}
	now := time.Now()
	if where&toProvider != 0 {
		severity, text := severityOf(phase)
		var r log.Record
		r.SetEventName(PhaseEventName)
		r.SetTimestamp(now)
		r.SetObservedTimestamp(now) // or the SDK looks at the clock once more
		r.SetSeverity(severity)
		r.SetSeverityText(text)
		r.SetBody(attribute.StringValue(message))
		r.AddAttributes(PhaseKey.String(phase))
		r.AddAttributes(data...)
		l.logger.Emit(ctx, r)
	}
	if where&toWriter != 0 {
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

func hasKey(attrs []attribute.KeyValue, key attribute.Key) bool {
	for i := range attrs {
		if attrs[i].Key == key {
			return true
		}
	}
	return false
}

// without returns a copy.
func without(attrs []attribute.KeyValue, key attribute.Key) []attribute.KeyValue {
	kept := make([]attribute.KeyValue, 0, len(attrs))
	for _, a := range attrs {
		if a.Key != key {
			kept = append(kept, a)
		}
	}
	return kept
}
