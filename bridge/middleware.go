package bridge

import (
	"context"
	"net/http"
)

// Middleware gives each request a correlation ID, and is [NewMiddleware] without
// options.
func Middleware(next http.Handler) http.Handler { return NewMiddleware()(next) }

// NewMiddleware returns a function that puts a handler in front of another, which
// gives each request a correlation ID.
//
// The ID is that of the request's header X-Correlation-ID, else X-Request-ID
// ([WithHeaders]), if [ValidCorrelationID] takes it: anybody can send anything. If
// neither has such an ID, it is the one that the request's context has, and if that
// has none, one is made as [NewCorrelationID] does. The ID is sent back in the
// response, as X-Correlation-ID, and is put on the request's context, by
// [ContextWithCorrelationID]: from there it comes to logs, spans and further calls.
//
// Headers that were not taken do not reach the handler; the ID takes their place,
// so that what copies headers, as a reverse proxy does, copies the ID. Such a proxy
// needs the transport of [NewTransport] to pass on an ID that was made here, and a
// ModifyResponse that deletes X-Correlation-ID, or its answer has the header twice.
//
// For the ID to be the trace's, and for the server's span to have it, the handler
// that starts the span, such as that of otelhttp, must be outside:
//
//	otelhttp.NewHandler(bridge.Middleware(handler), "server")
//
// The options [WithHeaders], [WithCorrelationKey] and [WithBaggage] apply. The
// handlers are safe for concurrent use, and leave errors and panics of the next
// one alone.
func NewMiddleware(opts ...Option) func(next http.Handler) http.Handler {
	c := correlationFrom(opts)
	return func(next http.Handler) http.Handler {
		return &middleware{correlation: c, next: next}
	}
}

type middleware struct {
	correlation

	next http.Handler
}

func (m *middleware) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	id, hostile := m.received(r.Header)
	if id == "" {
		id = m.idOrNew(ctx, r.Header)
	}
	w.Header().Set(m.headers[0], id)

	r = r.WithContext(m.context(ctx, id))
	if hostile {
		r.Header = m.cleaned(r.Header, id)
	}
	m.next.ServeHTTP(w, r)
}

// idOrNew is for requests whose headers have no ID.
func (m *middleware) idOrNew(ctx context.Context, h http.Header) string {
	if id := m.id(ctx); ValidCorrelationID(id) {
		return id
	}
	if m.baggage {
		if id := idFromBaggageHeader(h, m.key); id != "" {
			return id
		}
	}
	return NewCorrelationID(ctx)
}

func (m *middleware) context(ctx context.Context, id string) context.Context {
	if m.key != keyFromContext(ctx) {
		ctx = ContextWithCorrelationKey(ctx, string(m.key))
	}
	ctx = ContextWithCorrelationID(ctx, id)
	if m.baggage {
		ctx = contextWithBaggage(ctx, m.key, id)
	}
	return ctx
}

// received returns the first ID that can be taken, or "", and whether there are
// headers whose value cannot be.
func (m *middleware) received(h http.Header) (id string, hostile bool) {
	for _, name := range m.headers {
		switch values := h[name]; {
		case !acceptable(values):
			hostile = true
		case id == "" && len(values) > 0:
			id = values[0]
		}
	}
	return id, hostile
}

// acceptable tells whether a header is missing, empty, or has one ID. Which of
// several is meant, nobody can tell.
func acceptable(values []string) bool {
	switch len(values) {
	case 0:
		return true
	case 1:
		return values[0] == "" || ValidCorrelationID(values[0])
	default:
		return false
	}
}

// cleaned returns a copy; the original is the caller's.
func (m *middleware) cleaned(h http.Header, id string) http.Header {
	h = h.Clone()
	for _, name := range m.headers {
		if !acceptable(h[name]) {
			h.Del(name)
		}
	}
	h.Set(m.headers[0], id)
	return h
}
