package bridge_test

import (
	"io"
	stdlog "log"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
)

// state is what [bridge.Install] changes.
type state struct {
	slog     *slog.Logger
	writer   io.Writer
	flags    int
	prefix   string
	provider log.LoggerProvider
	errors   otel.ErrorHandler
}

func currentState() state {
	return state{
		slog: slog.Default(), writer: stdlog.Writer(), flags: stdlog.Flags(), prefix: stdlog.Prefix(),
		provider: otel.GetLoggerProvider(), errors: otel.GetErrorHandler(),
	}
}

// keepState fails the test if the process's state is not at its end what it is
// now, and puts it back.
func keepState(tb testing.TB) {
	tb.Helper()
	before := currentState()
	tb.Cleanup(func() {
		if after := currentState(); after != before {
			tb.Errorf("the state of the process is not what it was:\n%+v\n%+v", after, before)
		}
		setState(before)
	})
}

func setState(s state) {
	slog.SetDefault(s.slog)
	stdlog.SetOutput(s.writer)
	stdlog.SetFlags(s.flags)
	stdlog.SetPrefix(s.prefix)
	if otel.GetLoggerProvider() != s.provider { // or OpenTelemetry complains
		otel.SetLoggerProvider(s.provider)
	}
}

// changeState does what a program may have done before it installs, and undoes it
// at the end of the test.
func changeState(tb testing.TB, f func()) {
	tb.Helper()
	before := currentState()
	f()
	tb.Cleanup(func() { setState(before) })
}
