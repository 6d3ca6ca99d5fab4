package bridge

import (
	"io"
	"os"
	"slices"
)

// phaseConfig is what [NewPhaseLogger] uses, and correlation with it. Its zero
// value has no value set.
type phaseConfig struct {
	quiet        bool
	synchronous  []string // nil: defaultSynchronous
	writer       io.Writer
	writerGiven  bool
	exportNow    func() // nil: none
	correlations correlationConfig
}

var defaultSynchronous = []string{PhaseError, PhaseCompletion}

// WithVerbose sets whether a [PhaseLogger] logs at all to begin with;
// [PhaseLogger.SetVerbose] changes it. It applies to [NewPhaseLogger].
//
// Default: true.
func WithVerbose(verbose bool) Option {
	return optionFunc(func(c config) config {
		c.phase.quiet = !verbose
		return c
	})
}

// WithSynchronousPhases sets which phases a [PhaseLogger] also writes to the
// writer of [WithSynchronousWriter], and for which it calls the function of
// [WithExportNow]. Names are compared as they are; with none there are no such
// phases. It applies to [NewPhaseLogger].
//
// Default: [PhaseError] and [PhaseCompletion].
func WithSynchronousPhases(names ...string) Option {
	names = append([]string{}, names...)
	return optionFunc(func(c config) config {
		c.phase.synchronous = names
		return c
	})
}

// WithSynchronousWriter sets where the phases of [WithSynchronousPhases] are
// written to, at once and while the caller waits. Each is written with one call
// of Write, as one line in the form of [log/slog.TextHandler]: key=value pairs,
// quoted where needed, with the keys time, level, msg, asynclog.phase,
// correlation.id (or the key of [WithCorrelationKey]), trace_id, span_id (the
// names that OpenTelemetry's "Trace Context in non-OTLP Log Formats" gives them)
// where there are such, and those of the data. Values that are neither text,
// numbers nor booleans are in JSON.
//
// Write is never called concurrently by one PhaseLogger. It must not log such a
// phase with the same PhaseLogger, which would wait for itself. If it fails or
// panics, that is counted ([PhaseLogger.WriteFailures]) and told to otel.Handle,
// from another goroutine and at most every ten seconds. It applies to
// [NewPhaseLogger].
//
// Default: os.Stderr. With nil nothing is written.
func WithSynchronousWriter(w io.Writer) Option {
	return optionFunc(func(c config) config {
		c.phase.writer, c.phase.writerGiven = w, true
		return c
	})
}

// WithExportNow sets a function that exports what is waiting for a batch to
// fill. A [PhaseLogger] calls it after each of the phases of
// [WithSynchronousPhases]. It is typically the ExportNow method of the asynclog
// processor, and should not block. It is called by many goroutines at once. A
// panic is handled like one of the writer. It applies to [NewPhaseLogger].
//
// Default, and with nil: none; the record leaves with its batch.
func WithExportNow(f func()) Option {
	return optionFunc(func(c config) config {
		c.phase.exportNow = f
		return c
	})
}

// synchronousPhases returns a list that is the caller's.
func (c *phaseConfig) synchronousPhases() []string {
	if c.synchronous == nil {
		return slices.Clone(defaultSynchronous)
	}
	return c.synchronous
}

// synchronousWriter returns nil if nothing is to be written.
func (c *phaseConfig) synchronousWriter() io.Writer {
	if !c.writerGiven {
		return os.Stderr
	}
	return c.writer
}
