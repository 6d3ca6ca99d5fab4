package bridge

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// CorrelationIDKey is the key of the attribute that holds the correlation ID, on
// log records and on spans, unless [WithCorrelationKey] sets another.
// OpenTelemetry has no semantic convention for it.
const CorrelationIDKey = attribute.Key("correlation.id")

// maxIDLength is the maximum length of an ID that comes from outside.
const maxIDLength = 128

// Keys of context values.
type (
	contextID  struct{} // string
	contextKey struct{} // attribute.Key
)

// ContextWithCorrelationID returns a context that has the correlation ID. The
// processors of [NewLogProcessor] and [NewSpanProcessor] set it on everything that is
// logged or started with the context, and [NewTransport] sends it. If the context's
// span is recording, the span gets the attribute at once, unless it has as many as its
// limit allows. Its key is [CorrelationIDKey], or that of the [NewMiddleware] that handles
// the request.
//
// The ID is taken as it is; use [ValidCorrelationID] for one that comes from outside.
// With "" the context has no ID, whatever its parents have.
func ContextWithCorrelationID(ctx context.Context, id string) context.Context {
	if id != "" {
		if span := trace.SpanFromContext(ctx); span.IsRecording() {
			span.SetAttributes(keyFromContext(ctx).String(id))
		}
	}
	return context.WithValue(ctx, contextID{}, id)
}

// CorrelationIDFromContext returns the ID set by [ContextWithCorrelationID]. It
// returns "" if there is no ID, or if ctx is nil.
func CorrelationIDFromContext(ctx context.Context) string {
	if ctx == nil {
		return ""
	}
	id, _ := ctx.Value(contextID{}).(string)
	return id
}

// contextWithKey returns a context with which [ContextWithCorrelationID] uses the key
// for spans, and [ContextWithCorrelationBaggage] a member of that name. With "" the
// key is [CorrelationIDKey].
func contextWithKey(ctx context.Context, key attribute.Key) context.Context {
	return context.WithValue(ctx, contextKey{}, key)
}

func keyFromContext(ctx context.Context) attribute.Key {
	if ctx != nil {
		if key, _ := ctx.Value(contextKey{}).(attribute.Key); key != "" {
			return key
		}
	}
	return CorrelationIDKey
}

// ValidCorrelationID reports whether a string that comes from outside may be used as
// a correlation ID. A valid ID consists of 1 to 128 of the characters A-Z, a-z, 0-9,
// '.', '_', ':' and '-'. UUIDs, ULIDs and trace IDs are valid; text that has a meaning
// in a header, a log line, a query or a web page is not.
func ValidCorrelationID(id string) bool {
	if id == "" || len(id) > maxIDLength {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '_', c == ':', c == '-':
		default:
			return false
		}
	}
	return true
}

// NewCorrelationID returns an ID for work that has none: the ID of the context's
// trace, so that one ID leads to both, or 128 random bits where there is no trace.
// Either way the ID is 32 hexadecimal digits. The context may be nil.
//
// Use it with [ContextWithCorrelationID] where work begins that is not an HTTP
// request, such as a message or a job. Only [Middleware] and [PhaseLogger.LogAny]
// create IDs themselves.
func NewCorrelationID(ctx context.Context) string {
	if sc := trace.SpanContextFromContext(ctx); sc.HasTraceID() {
		return sc.TraceID().String()
	}
	// As random as the trace IDs of the SDK, which come from the same source.
	var b [16]byte
	binary.NativeEndian.PutUint64(b[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(b[8:], rand.Uint64())
	return hex.EncodeToString(b[:])
}

// correlation holds the settings of everything that deals with correlation. It is
// immutable.
type correlation struct {
	key     attribute.Key // never ""
	headers []string      // canonical, at least one
	baggage bool
}

func newCorrelation(c *config) correlation {
	r := correlation{key: attribute.Key(c.correlationKey), headers: c.headers, baggage: c.baggage}
	if r.key == "" {
		r.key = CorrelationIDKey
	}
	if len(r.headers) == 0 {
		r.headers = []string{"X-Correlation-Id", "X-Request-Id"}
	}
	return r
}

func correlationFrom(opts []Option) correlation {
	c := newConfig(opts)
	return newCorrelation(&c)
}

// id returns the context's own ID, or the one in its baggage if [WithBaggage] is set.
// It returns "" if there is none.
func (c *correlation) id(ctx context.Context) string {
	id := CorrelationIDFromContext(ctx)
	if id == "" && c.baggage {
		id = idFromBaggage(ctx, c.key)
	}
	return id
}

// add returns the attributes with the context's ID, unless they already have one.
func (c *correlation) add(ctx context.Context, attrs []attribute.KeyValue) []attribute.KeyValue {
	id := c.id(ctx)
	if id == "" || hasKey(attrs, c.key) {
		return attrs
	}
	return append(slices.Clip(attrs), c.key.String(id))
}

func hasKey(attrs []attribute.KeyValue, key attribute.Key) bool {
	for i := range attrs {
		if attrs[i].Key == key {
			return true
		}
	}
	return false
}
