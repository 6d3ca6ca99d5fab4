package bridge

import (
	"io"
	stdlog "log"
	"log/slog"

	"go.opentelemetry.io/otel/log"
)

// place is one of the process's places: what an installation put there, and what
// it found, which goes back when the installation is removed.
type place[T any] struct{ own, found T }

// leave takes what i put into a place out of it. It is either in use now, or it is
// what a later installation found there, and will put back if it is not told
// better. If it is neither, others have replaced it, and it stays replaced.
func leave[T any](
	later []*installation, i *installation, at func(*installation) *place[T],
	same func(a, b T) bool, now T, set func(T),
) {
	p := at(i)
	if same(now, p.own) {
		set(p.found)
		return
	}
	for _, l := range later {
		if q := at(l); same(q.found, p.own) {
			q.found = p.found
			return
		}
	}
}

func sameLogger(a, b *slog.Logger) bool { return a == b }

// sameProvider compares interfaces. That cannot panic, although a provider's type
// need not be comparable, because one of the two is a [*switchProvider].
func sameProvider(a, b log.LoggerProvider) bool { return a == b }

// stdState is what [Install] changes of the standard logger.
type stdState struct {
	writer io.Writer
	prefix string
	flags  int
}

// sameWriter compares interfaces; one of the two is a [*stdWriter]. Flags and
// prefix belong to the writer: who replaces it sets them as it needs them.
func sameWriter(a, b stdState) bool { return a.writer == b.writer }

func readStd() stdState {
	return stdState{writer: stdlog.Writer(), prefix: stdlog.Prefix(), flags: stdlog.Flags()}
}

func writeStd(s stdState) {
	stdlog.SetOutput(s.writer)
	stdlog.SetPrefix(s.prefix)
	stdlog.SetFlags(s.flags)
}

// setSlogDefault is [slog.SetDefault] without its effect on the log package, whose
// output it would route to the logger. Lines printed in between reach it.
func setSlogDefault(l *slog.Logger) {
	s := readStd()
	slog.SetDefault(l)
	writeStd(s)
}
