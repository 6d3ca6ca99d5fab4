package bridge

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
)

// switchHandler is the handler of the default logger that an installation sets.
// It, and all that are derived from it, hand records to the installation in
// effect, with that one's level and source, so that a logger that somebody keeps
// follows when another takes over. With no installation in effect they hand them
// to the default handler that this one took the place of. As that is older than
// this one, it cannot lead back here; see newSwitchHandler for the exception.
type switchHandler struct {
	found slog.Handler
	steps *step // what was derived, for handlers to come; nil: nothing

	bound atomic.Pointer[boundHandler] // nil before the first use
}

var _ slog.Handler = (*switchHandler)(nil)

// newSwitchHandler takes the place of found. The one that slog starts with prints
// with the log package. That is a dead-lock if the log package has been routed to
// this handler, as slog.SetDefault(slog.With(…)) does, so it is replaced by one
// that writes to where the log package wrote. As for providers, a handler of
// another installation is passed over.
func newSwitchHandler(found slog.Handler, stdOutput io.Writer) *switchHandler {
	if s, ok := found.(*switchHandler); ok {
		found = s.steps.takeAll(s.found)
	}
	if hasType(found, "log/slog", "defaultHandler") {
		found = slog.NewTextHandler(stdOutput, nil)
	}
	return &switchHandler{found: found}
}

// boundHandler is the handler of the installation, derived as the [switchHandler]
// is; to is nil if there was no installation.
type boundHandler struct {
	slog.Handler

	to *installation
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
	return h.derive(&step{before: h.steps, attrs: attrs})
}

func (h *switchHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.derive(&step{before: h.steps, group: name})
}

// derive takes the last step on the handler at hand, so that a chain of loggers
// does not take all its steps anew with each link.
func (h *switchHandler) derive(last *step) slog.Handler {
	b := h.current()
	derived := &switchHandler{found: h.found, steps: last}
	derived.bound.Store(&boundHandler{Handler: last.take(b.Handler), to: b.to})
	return derived
}

func (h *switchHandler) current() *boundHandler {
	to := process.active.Load()
	if b := h.bound.Load(); b != nil && b.to == to {
		return b
	}
	return h.bind(to)
}

// bind derives the handler for the installation in effect. When calls run at the
// same time, an older installation may be stored last; the next call notices.
func (h *switchHandler) bind(to *installation) *boundHandler {
	root := h.found
	if to != nil {
		root = to.handler
	}
	b := &boundHandler{Handler: h.steps.takeAll(root), to: to}
	h.bound.Store(b)
	return b
}

// step is one call of WithAttrs or WithGroup.
type step struct {
	before *step // nil: this is the first
	group  string
	attrs  []slog.Attr // if group is ""
}

func (s *step) takeAll(h slog.Handler) slog.Handler {
	if s == nil {
		return h
	}
	return s.take(s.before.takeAll(h))
}

func (s *step) take(h slog.Handler) slog.Handler {
	if s.group != "" {
		return h.WithGroup(s.group)
	}
	return h.WithAttrs(slices.Clone(s.attrs)) // a handler may change its slice
}
