package bridge

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/contrib/bridges/otelslog"
)

// handler puts a dynamic level in front of otelslog's handler, which does the
// conversion. It is immutable.
type handler struct {
	level slog.Leveler
	next  slog.Handler
	// bare is next without source locations, for records that do not know theirs:
	// otelslog writes an empty path and line 0 for them. nil: next adds none.
	bare slog.Handler
}

// NewHandler returns an [slog.Handler] that emits to OpenTelemetry. The
// conversion of records is that of go.opentelemetry.io/contrib/bridges/otelslog;
// on top of it the handler has a level, [WithLevel], that is read at each call and
// decides before anything else is asked or allocated.
//
// The name is that of the instrumentation scope: by OpenTelemetry's convention
// the import path of the package that logs. The options [WithLoggerProvider],
// [WithLevel], [WithSource], [WithVersion], [WithSchemaURL] and [WithAttributes]
// apply.
//
// The handler reports no errors: what becomes of a record is the provider's
// business. It is safe for concurrent use.
func NewHandler(name string, opts ...Option) slog.Handler {
	return newHandler(name, newConfig(opts))
}

func newHandler(name string, c config) *handler {
	opts := []otelslog.Option{
		otelslog.WithVersion(c.version),
		otelslog.WithSchemaURL(c.schemaURL),
		otelslog.WithAttributes(c.attributes...),
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

// Enabled asks the level first: it is the cheaper of the two and rejects what
// most callers want rejected.
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
			err = handleTamed(ctx, next, r, v)
		}
	}()
	return next.Handle(ctx, r)
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	// Now, because an error that panics does so with each record, where it is too
	// late to take it out.
	attrs, _ = tameAttrs(attrs)
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
