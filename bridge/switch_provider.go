package bridge

import (
	"context"
	"reflect"
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/embedded"
	"go.opentelemetry.io/otel/log/noop"
)

// switchProvider is the global LoggerProvider that an installation sets. Its
// loggers emit to the installation in effect at the time of each call. The global
// provider of OpenTelemetry cannot do that: it delegates once, to the first provider
// that is set, and loggers obtained before that never learn of another.
//
// With no installation in effect, the loggers emit to the global provider that this
// one has replaced. As that is older than this one, it cannot lead back here; see
// newSwitchProvider for the exception.
type switchProvider struct {
	embedded.LoggerProvider

	previous log.LoggerProvider // nil: none
}

var _ log.LoggerProvider = (*switchProvider)(nil)

// newSwitchProvider returns a provider that replaces previous. OpenTelemetry's default
// provider leads nowhere until a provider is set, and back here once this one is set.
// The provider of another installation is skipped; otherwise a program that changes
// providers repeatedly would build a chain of all that it ever had.
func newSwitchProvider(previous log.LoggerProvider) *switchProvider {
	if s, ok := previous.(*switchProvider); ok {
		previous = s.previous
	}
	if isOTelDefault(previous) {
		previous = nil
	}
	return &switchProvider{previous: previous}
}

func (p *switchProvider) Logger(name string, opts ...log.LoggerOption) log.Logger {
	return &switchLogger{previous: p.previous, name: name, opts: slices.Clone(opts)}
}

// switchLogger is a logger of a [switchProvider]. It remembers the logger it
// emitted to last, so that a call costs only two atomic loads and a comparison more.
type switchLogger struct {
	embedded.Logger

	previous log.LoggerProvider // nil: none
	name     string
	opts     []log.LoggerOption

	bound atomic.Pointer[boundLogger] // nil before the first use
}

// boundLogger is a logger of the installation's provider.
type boundLogger struct {
	log.Logger

	of *installation // nil: there was no installation
}

func (l *switchLogger) Emit(ctx context.Context, r log.Record) {
	current := l.current()
	defer func() {
		if v := recover(); v != nil {
			emitAgain(ctx, current, r, v)
		}
	}()
	current.Emit(ctx, r)
}

func (l *switchLogger) Enabled(ctx context.Context, p log.EnabledParameters) bool {
	return l.current().Enabled(ctx, p)
}

func (l *switchLogger) current() log.Logger {
	i := active.Load()
	if b := l.bound.Load(); b != nil && b.of == i {
		return b.Logger
	}
	return l.bind(i)
}

// bind gets the logger of the installation in effect, which may be nil. When calls
// run at the same time, an older installation may be stored last; the next call
// notices.
func (l *switchLogger) bind(i *installation) log.Logger {
	b := &boundLogger{of: i, Logger: noop.Logger{}}
	switch {
	case i != nil:
		b.Logger = i.provider.Logger(l.name, l.opts...)
	case l.previous != nil:
		b.Logger = l.previous.Logger(l.name, l.opts...)
	}
	l.bound.Store(b)
	return b.Logger
}

// isOTelDefault reports whether p is the global provider that OpenTelemetry starts
// with. Its type is not exported.
func isOTelDefault(p log.LoggerProvider) bool {
	return hasType(p, otelPath+"/internal/global", "loggerProvider")
}

const otelPath = "go.opentelemetry.io/otel"

// hasType reports whether v is a pointer to a type of that package and name.
func hasType(v any, pkg, name string) bool {
	t := reflect.TypeOf(v)
	return t != nil && t.Kind() == reflect.Pointer && t.Elem().PkgPath() == pkg && t.Elem().Name() == name
}
