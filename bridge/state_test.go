package bridge_test

import (
	"io"
	stdlog "log"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
)

// state has the global values that [bridge.Install] changes.
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

// keepState fails the test if the process's state at its end differs from the current
// one, which it restores.
func keepState(tb testing.TB) {
	tb.Helper()
	before := currentState()
	tb.Cleanup(func() {
		if after := currentState(); after != before {
			tb.Errorf("the state of the process has changed:\n%+v\n%+v", after, before)
		}
		setState(before)
	})
}

func setState(s state) {
	slog.SetDefault(s.slog)
	stdlog.SetOutput(s.writer)
	stdlog.SetFlags(s.flags)
	stdlog.SetPrefix(s.prefix)
	if otel.GetLoggerProvider() != s.provider { // OpenTelemetry reports an error for the same provider
		otel.SetLoggerProvider(s.provider)
	}
}

// changeState calls f, which changes the state as a program may do before Install. It
// restores the state at the end of the test.
func changeState(tb testing.TB, f func()) {
	tb.Helper()
	before := currentState()
	f()
	tb.Cleanup(func() { setState(before) })
}
