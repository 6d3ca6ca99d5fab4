package bridge

import (
	"context"
	"reflect"
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/embedded"
	"go.opentelemetry.io/otel/log/noop"
)

// switchProvider is the global LoggerProvider that an installation sets. Its
// loggers emit to the installation in effect, whichever that is at the time: the
// global provider of OpenTelemetry delegates once, to the first provider that is
// set, and loggers obtained before that would never learn of another.
//
// With no installation in effect they emit to what the global provider was when
// this one took its place. As that is older than this one, it cannot lead back
// here; see newSwitchProvider for the exception.
type switchProvider struct {
	embedded.LoggerProvider

	found log.LoggerProvider // nil: none
}

var _ log.LoggerProvider = (*switchProvider)(nil)

// newSwitchProvider takes the place of found. OpenTelemetry's default provider
// leads nowhere while nobody has set one, and back here once this one is set. One
// of another installation is passed over, or a program that changes providers
// again and again would make a chain of all it ever had.
func newSwitchProvider(found log.LoggerProvider) *switchProvider {
	if s, ok := found.(*switchProvider); ok {
		found = s.found
	}
	if isOTelDefault(found) {
		found = nil
	}
	return &switchProvider{found: found}
}

func (p *switchProvider) Logger(name string, opts ...log.LoggerOption) log.Logger {
	return &switchLogger{found: p.found, name: name, opts: slices.Clone(opts)}
}

// switchLogger is a logger of a [switchProvider]. It remembers the logger it
// emitted to last, so that a call costs two atomic loads and a comparison more.
type switchLogger struct {
	embedded.Logger

	found log.LoggerProvider // nil: none
	name  string
	opts  []log.LoggerOption

	bound atomic.Pointer[boundLogger] // nil before the first use
}

// boundLogger is a logger of the installation's provider; to is nil if there was
// no installation.
type boundLogger struct {
	log.Logger

	to *installation
}

func (l *switchLogger) Emit(ctx context.Context, r log.Record) {
	to := l.current()
	defer func() {
		if v := recover(); v != nil {
			emitTamed(ctx, to, r, v)
		}
	}()
	to.Emit(ctx, r)
}

func (l *switchLogger) Enabled(ctx context.Context, p log.EnabledParameters) bool {
	return l.current().Enabled(ctx, p)
}

func (l *switchLogger) current() log.Logger {
	to := process.active.Load()
	if b := l.bound.Load(); b != nil && b.to == to {
		return b.Logger
	}
	return l.bind(to)
}

// bind gets the logger for the installation in effect. When calls run at the same
// time, an older installation may be stored last; the next call notices.
func (l *switchLogger) bind(to *installation) log.Logger {
	b := &boundLogger{to: to, Logger: noop.Logger{}}
	switch {
	case to != nil:
		b.Logger = to.provider.Logger(l.name, l.opts...)
	case l.found != nil:
		b.Logger = l.found.Logger(l.name, l.opts...)
	}
	l.bound.Store(b)
	return b.Logger
}

// resolve returns the provider that p stands for, which is never one of this
// package: emitting to that would lead back to it. nil: p leads nowhere else.
func (s *installations) resolve(p log.LoggerProvider) log.LoggerProvider {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p == nil {
		p = otel.GetLoggerProvider()
	}
	for {
		own, ok := p.(*switchProvider)
		if !ok {
			break
		}
		if i := s.active.Load(); i != nil {
			return i.provider
		}
		p = own.found
	}
	if isOTelDefault(p) && (s.delegated || isOTelDefault(otel.GetLoggerProvider())) {
		return nil
	}
	return p
}

// isOTelDefault tells whether p is the global provider that OpenTelemetry has
// when nobody has set one. Its type is not exported.
func isOTelDefault(p log.LoggerProvider) bool {
	return hasType(p, otelPath+"/internal/global", "loggerProvider")
}

const otelPath = "go.opentelemetry.io/otel"

// hasType tells whether v is a pointer to a type of that package and name.
func hasType(v any, pkg, name string) bool {
	t := reflect.TypeOf(v)
	return t != nil && t.Kind() == reflect.Pointer && t.Elem().PkgPath() == pkg && t.Elem().Name() == name
}
