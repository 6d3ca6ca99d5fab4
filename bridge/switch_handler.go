package bridge

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
)

// switchHandler is the handler of the default logger that an installation sets. It
// hands records to the installation in effect, with the level and the source of that
// installation, and so do all handlers derived from it. A logger that the program
// keeps therefore follows when another installation takes effect. With no
// installation in effect, records go to the default handler that this one has
// replaced. As that is older than this one, it cannot lead back here; see
// newSwitchHandler for the exception.
type switchHandler struct {
	previous slog.Handler
	derived  *derivation // to repeat on the handlers of other installations; nil: none

	bound atomic.Pointer[boundHandler] // nil before the first use
}

var _ slog.Handler = (*switchHandler)(nil)

// newSwitchHandler returns a handler that replaces previous. The handler that slog
// starts with prints with the log package. That would be a deadlock once the log
// package is directed to this handler, as slog.SetDefault(slog.With(…)) does, so a
// handler that writes to the log package's output stands in for it. As for providers,
// the handler of another installation is skipped.
func newSwitchHandler(previous slog.Handler, stdOutput io.Writer) *switchHandler {
	if s, ok := previous.(*switchHandler); ok {
		previous = s.derived.applyAll(s.previous)
	}
	if hasType(previous, "log/slog", "defaultHandler") {
		previous = slog.NewTextHandler(stdOutput, nil)
	}
	return &switchHandler{previous: previous}
}

// boundHandler is the handler of an installation, derived as the [switchHandler] is.
type boundHandler struct {
	slog.Handler

	of *installation // nil: there was no installation
}

func (h *switchHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return h.current().Enabled(ctx, l)
}

func (h *switchHandler) Handle(ctx context.Context, r slog.Record) error {
	return h.current().Handle(ctx, r)
}

func (h *switchHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	return h.derive(&derivation{before: h.derived, attrs: attrs})
}

func (h *switchHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.derive(&derivation{before: h.derived, group: name})
}

// derive applies the last derivation to the current handler, so that a chain of
// loggers does not repeat all earlier ones with each link.
func (h *switchHandler) derive(last *derivation) slog.Handler {
	b := h.current()
	derived := &switchHandler{previous: h.previous, derived: last}
	derived.bound.Store(&boundHandler{Handler: last.apply(b.Handler), of: b.of})
	return derived
}

func (h *switchHandler) current() *boundHandler {
	i := active.Load()
	if b := h.bound.Load(); b != nil && b.of == i {
		return b
	}
	return h.bind(i)
}

// bind derives the handler of the installation in effect, which may be nil. When
// calls run at the same time, an older installation may be stored last; the next call
// notices.
func (h *switchHandler) bind(i *installation) *boundHandler {
	root := h.previous
	if i != nil {
		root = i.handler
	}
	b := &boundHandler{Handler: h.derived.applyAll(root), of: i}
	h.bound.Store(b)
	return b
}

// derivation is one call of WithAttrs or WithGroup.
type derivation struct {
	before *derivation // nil: this is the first
	group  string
	attrs  []slog.Attr // if group is ""
}

func (d *derivation) applyAll(h slog.Handler) slog.Handler {
	if d == nil {
		return h
	}
	return d.apply(d.before.applyAll(h))
}

func (d *derivation) apply(h slog.Handler) slog.Handler {
	if d.group != "" {
		return h.WithGroup(d.group)
	}
	return h.WithAttrs(slices.Clone(d.attrs)) // a handler may change its slice
}
