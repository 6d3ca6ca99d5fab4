package bridge

import "net/http"

// NewTransport returns a transport that sends the correlation ID of a request's
// context, as X-Correlation-ID (the first of [WithHeaders]), through the base
// transport. Set it as the Transport of an http.Client.
//
// A header that the caller has set is never changed, and an ID that
// [ValidCorrelationID] does not accept is not sent. Requests without an ID are passed
// on unchanged, the others as a copy. The ID goes to all servers that the client
// calls; use a client without this transport for those that should not see it.
//
// With otelhttp, whose transport sends what is in the context's baggage, this
// transport must be outside:
//
//	bridge.NewTransport(otelhttp.NewTransport(nil), bridge.WithBaggage())
//
// A base of nil is http.DefaultTransport. The options [WithHeaders],
// [WithCorrelationKey] and [WithBaggage] apply. Errors are those of the base
// transport. It is safe for concurrent use if that is.
func NewTransport(base http.RoundTripper, opts ...Option) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{correlation: correlationFrom(opts), base: base}
}

type transport struct {
	correlation

	base http.RoundTripper
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	id := t.id(r.Context())
	if !ValidCorrelationID(id) {
		return t.base.RoundTrip(r)
	}
	ctx := r.Context()
	if t.baggage {
		ctx = contextWithBaggage(ctx, t.key, id)
	}
	// A RoundTripper must not change its request, so the headers are copied. The trailers
	// are not: the caller may set them while the body is read.
	r = r.WithContext(ctx)
	r.Header = r.Header.Clone()
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	setOnce(r.Header, t.headers[0], id)
	if t.baggage {
		setOnce(r.Header, baggageHeader, baggageValue(t.key, id))
	}
	return t.base.RoundTrip(r)
}

// setOnce sets a header that is missing. A header without values is not missing: the
// caller has set it that way.
func setOnce(h http.Header, name, value string) {
	if _, ok := h[name]; !ok && value != "" {
		h[name] = []string{value}
	}
}

// CloseIdleConnections is called by http.Client.CloseIdleConnections.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
