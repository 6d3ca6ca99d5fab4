package bridge

import (
	"context"
	"net/http"
	"slices"
)

// Middleware gives each request a correlation ID, and is [NewMiddleware] without
// options.
func Middleware(next http.Handler) http.Handler { return NewMiddleware()(next) }

// NewMiddleware returns a function that wraps a handler in one that gives each request
// a correlation ID.
//
// The ID is that of the request's header X-Correlation-ID, else X-Request-ID
// ([WithHeaders]), if [ValidCorrelationID] accepts it, because clients may send
// anything. If neither has such an ID, it is the one of the request's context, and if
// that has none, a new one, as by [NewCorrelationID]. The response has the ID as
// X-Correlation-ID, and so has the request's context, by [ContextWithCorrelationID]:
// logs, spans and further calls get it from there.
//
// Headers with invalid values do not reach the handler; the ID replaces them, so that
// code that copies headers, such as a reverse proxy, copies the ID. Such a proxy needs
// the transport of [NewTransport] to pass on an ID that was created here, and a
// ModifyResponse that deletes X-Correlation-ID, or its response has the header twice.
//
// If the ID is to be the trace's, and if the server's span is to have it, the handler
// that starts the span, such as that of otelhttp, must be outside:
//
//	otelhttp.NewHandler(bridge.Middleware(handler), "server")
//
// The wrapped handler gets the ResponseWriter as it is, and a copy of the request.
// What it sets on the copy is set on the request too when it returns or panics: an outer
// handler sees the Pattern and the path values of its wildcards, and net/http finds the
// MultipartForm whose files it removes.
//
// The options [WithHeaders], [WithCorrelationKey] and [WithBaggage] apply. The
// handlers are safe for concurrent use, and do not handle errors and panics of the
// wrapped handler.
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
	id, invalid := m.received(r.Header)
	if id == "" {
		id = m.idOrNew(ctx, r.Header)
	}
	w.Header().Set(m.headers[0], id)

	shareTrailer(r)
	inner := r.WithContext(m.context(ctx, id))
	if invalid {
		inner.Header = m.cleaned(r.Header, id)
	}
	defer m.handBack(r, inner, inner.Header) // also when the handler panics
	m.next.ServeHTTP(w, inner)
}

// idOrNew returns the ID of a request whose headers have none.
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
		ctx = contextWithKey(ctx, m.key)
	}
	ctx = ContextWithCorrelationID(ctx, id)
	if m.baggage {
		ctx = contextWithBaggage(ctx, m.key, id)
	}
	return ctx
}

// received returns the first valid ID in the headers, or "". It reports whether there
// are headers with invalid values.
func (m *middleware) received(h http.Header) (id string, invalid bool) {
	for _, name := range m.headers {
		switch values := h[name]; {
		case !acceptable(values):
			invalid = true
		case id == "" && len(values) > 0:
			id = values[0]
		}
	}
	return id, invalid
}

// acceptable reports whether a header is missing, empty, or has one valid ID. Several
// IDs are not acceptable, because it is not known which of them is meant.
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

// cleaned returns a copy of the headers, with the ID in place of invalid values. The
// original is the caller's.
func (m *middleware) cleaned(h http.Header, id string) http.Header {
	c := make(http.Header, len(h))
	for name, values := range h {
		if !slices.Contains(m.headers, name) || acceptable(values) {
			c[name] = slices.Clone(values)
		}
	}
	c.Set(m.headers[0], id)
	return c
}
