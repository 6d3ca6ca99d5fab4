package bridge

import (
	"io"
	stdlog "log"
	"log/slog"
	"sync/atomic"

	"go.opentelemetry.io/otel/log"
)

// active is the installation in effect, the latest of those not restored; nil: there
// is none. Log calls read it without a lock: they hold the log package's mutex, which
// Install needs in turn.
var active atomic.Pointer[installation]

// installation is one call of [Install].
type installation struct {
	config // immutable; provider is never nil

	handler slog.Handler // emits the records of slog loggers
	std     log.Logger   // emits the lines of the log package
	plain   io.Writer    // for lines that cannot be emitted

	// The globals that the installation has replaced. Guarded by installations.mu.
	slogDefault  global[*slog.Logger]
	stdOutput    global[stdState]
	otelProvider global[log.LoggerProvider]
}

// global is one of the process's global values, as one installation has replaced it.
type global[T any] struct {
	installed T // the installation's own value
	previous  T // goes back when the installation is removed
}

// restoreGlobal undoes what the removed installation did to one global value. If the
// installation's value is the current one, the previous value takes its place. If a
// later installation has replaced it, that installation has it as its previous value,
// and gets the removed installation's instead. Otherwise the program has replaced the
// value, and it stays replaced.
func restoreGlobal[T any](
	removed *installation, others []*installation, of func(*installation) *global[T],
	same func(a, b T) bool, current T, set func(T),
) {
	g := of(removed)
	if same(current, g.installed) {
		set(g.previous)
		return
	}
	for _, i := range others {
		if later := of(i); same(later.previous, g.installed) {
			later.previous = g.previous
			return
		}
	}
}

func sameLogger(a, b *slog.Logger) bool { return a == b }

// sameProvider compares interfaces. A provider's type need not be comparable, but the
// comparison cannot panic, because one of the two is a [*switchProvider].
func sameProvider(a, b log.LoggerProvider) bool { return a == b }

// sameWriter compares interfaces; one of the two is a [*stdWriter]. Prefix and flags
// belong to the writer: a program that replaces the writer sets them as it needs them.
func sameWriter(a, b stdState) bool { return a.writer == b.writer }

// stdState is what [Install] changes of the standard logger.
type stdState struct {
	writer io.Writer
	prefix string
	flags  int
}

func readStd() stdState {
	return stdState{writer: stdlog.Writer(), prefix: stdlog.Prefix(), flags: stdlog.Flags()}
}

func writeStd(s stdState) {
	stdlog.SetOutput(s.writer)
	stdlog.SetPrefix(s.prefix)
	stdlog.SetFlags(s.flags)
}

// setSlogDefault is [slog.SetDefault] without its effect on the log package, whose
// output it would direct to the logger. Lines printed in between do go to the logger.
func setSlogDefault(l *slog.Logger) {
	s := readStd()
	slog.SetDefault(l)
	writeStd(s)
}
