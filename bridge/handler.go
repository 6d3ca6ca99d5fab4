package bridge

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel/log"
)

// handler adds a dynamic level to otelslog's handler, which does the conversion. It
// is immutable.
type handler struct {
	level slog.Leveler
	next  slog.Handler
	// bare is next without source locations, for records that have none: otelslog
	// would write an empty path and line 0. nil: next adds no locations either.
	bare slog.Handler
}

// NewHandler returns an [slog.Handler] that emits to OpenTelemetry. The
// conversion of records is that of go.opentelemetry.io/contrib/bridges/otelslog;
// the handler adds a level, [WithLevel]. Each call reads the level, which decides
// before anything else is called or allocated.
//
// The name is that of the instrumentation scope: by OpenTelemetry's convention
// the import path of the package that logs. The options [WithLoggerProvider],
// [WithLevel], [WithSource] and [WithLoggerOptions] apply.
//
// The handler returns no errors; the provider is responsible for what becomes of a
// record. It is safe for concurrent use.
func NewHandler(name string, opts ...Option) slog.Handler {
	return newHandler(name, newConfig(opts))
}

func newHandler(name string, c config) *handler {
	scope := log.NewLoggerConfig(c.loggerOptions...)
	attrs := scope.InstrumentationAttributes()
	opts := []otelslog.Option{
		otelslog.WithVersion(scope.InstrumentationVersion()),
		otelslog.WithSchemaURL(scope.SchemaURL()),
		otelslog.WithAttributes(attrs.ToSlice()...),
	}
	if c.provider != nil {
		opts = append(opts, otelslog.WithLoggerProvider(c.provider))
	}
	bare := otelslog.NewHandler(name, opts...)
	if !c.source {
		return &handler{level: c.level, next: bare}
	}
	next := otelslog.NewHandler(name, append(opts, otelslog.WithSource(true))...)
	return &handler{level: c.level, next: next, bare: bare}
}

// Enabled checks the level first: it is the cheaper check, and the one that most
// rejected calls fail.
func (h *handler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level.Level() && h.next.Enabled(ctx, l)
}

func (h *handler) Handle(ctx context.Context, r slog.Record) (err error) {
	next := h.next
	if r.PC == 0 && h.bare != nil {
		next = h.bare
	}
	defer func() {
		if v := recover(); v != nil {
			err = handleAgain(ctx, next, r, v)
		}
	}()
	return next.Handle(ctx, r)
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	// An error that panics would do so with every record, and could not be replaced any
	// more by then.
	attrs, _ = safeAttrs(attrs)
	return h.derive(func(h slog.Handler) slog.Handler { return h.WithAttrs(attrs) })
}

func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.derive(func(h slog.Handler) slog.Handler { return h.WithGroup(name) })
}

func (h *handler) derive(f func(slog.Handler) slog.Handler) slog.Handler {
	derived := &handler{level: h.level, next: f(h.next)}
	if h.bare != nil {
		derived.bare = f(h.bare)
	}
	return derived
}
