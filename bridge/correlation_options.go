package bridge

import (
	"context"
	"net/http"
	"slices"

	"go.opentelemetry.io/otel/attribute"
)

// correlationConfig is what has to do with correlation. Its zero value has no
// value set.
type correlationConfig struct {
	key     string
	headers []string
	baggage bool
}

// defaultHeaders are read and written where [WithHeaders] says nothing else.
var defaultHeaders = []string{"X-Correlation-Id", "X-Request-Id"}

// WithCorrelationKey sets the key of the attribute that has the correlation ID,
// and the name of its baggage member. It applies to [NewLogProcessor],
// [NewSpanProcessor], [NewMiddleware], [NewTransport] and [NewPhaseLogger]; give
// all of them the same.
//
// Default, and with "": [CorrelationIDKey].
func WithCorrelationKey(key string) Option {
	return optionFunc(func(c config) config {
		c.phase.correlations.key = key
		return c
	})
}

// WithHeaders sets the names of the HTTP headers that [NewMiddleware] looks for
// an ID in, in that order. The first of them is the one in which it answers, and
// in which [NewTransport] sends the ID. What is no name of a header is left out.
//
// Default, and with no names: X-Correlation-ID, then X-Request-ID, which have no
// standard but are what proxies and frameworks use.
func WithHeaders(names ...string) Option {
	var headers []string
	for _, name := range names {
		if isToken(name) {
			headers = append(headers, http.CanonicalHeaderKey(name))
		}
	}
	return optionFunc(func(c config) config {
		c.phase.correlations.headers = headers
		return c
	})
}

// isToken tells whether a name is a field name by RFC 9110, section 5.6.2. The
// HTTP client refuses a request that has another.
func isToken(name string) bool {
	const marks = "!#$%&'*+-.^_`|~"
	for i := range len(name) {
		c := name[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || slices.Contains([]byte(marks), c)) {
			return false
		}
	}
	return name != ""
}

// correlation is what the options come to. It is immutable.
type correlation struct {
	key     attribute.Key // never ""
	headers []string      // canonical, at least one
	baggage bool
}

func newCorrelation(c correlationConfig) correlation {
	r := correlation{key: attribute.Key(c.key), headers: c.headers, baggage: c.baggage}
	if r.key == "" {
		r.key = CorrelationIDKey
	}
	if len(r.headers) == 0 {
		r.headers = defaultHeaders
	}
	return r
}

func correlationFrom(opts []Option) correlation {
	return newCorrelation(newConfig(opts).phase.correlations)
}

// id returns the context's ID: its own, or that in its baggage where that is
// wanted. "" if there is none.
func (c *correlation) id(ctx context.Context) string {
	id := CorrelationIDFromContext(ctx)
	if id == "" && c.baggage {
		id = idFromBaggage(ctx, c.key)
	}
	return id
}

// add returns the attributes with the context's ID, unless they have one.
func (c *correlation) add(ctx context.Context, attrs []attribute.KeyValue) []attribute.KeyValue {
	id := c.id(ctx)
	if id == "" || hasKey(attrs, c.key) {
		return attrs
	}
	return append(slices.Clip(attrs), c.key.String(id))
}
