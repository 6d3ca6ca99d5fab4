package bridge

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// CorrelationIDKey is the key of the attribute that has the correlation ID, on
// log records and on spans, unless [WithCorrelationKey] says otherwise.
// OpenTelemetry has no semantic convention for it.
const CorrelationIDKey = attribute.Key("correlation.id")

// Keys of context values.
type (
	contextID  struct{} // string
	contextKey struct{} // attribute.Key
)

// ContextWithCorrelationID returns a context that has the correlation ID: the
// processors of [NewLogProcessor] and [NewSpanProcessor] stamp it on all that is
// logged or begun with that context, and [NewTransport] sends it on. If the
// context's span is recording, it is stamped at once, with the key
// [CorrelationIDKey] or that of [ContextWithCorrelationKey].
//
// The ID is taken as it is; see [ValidCorrelationID] for what comes from outside.
// With "" the context has no ID, whatever its parents have.
func ContextWithCorrelationID(ctx context.Context, id string) context.Context {
	if id != "" {
		if span := trace.SpanFromContext(ctx); span.IsRecording() {
			span.SetAttributes(keyFromContext(ctx).String(id))
		}
	}
	return context.WithValue(ctx, contextID{}, id)
}

// CorrelationIDFromContext returns the ID set by [ContextWithCorrelationID], or ""
// if there is none, or no context.
func CorrelationIDFromContext(ctx context.Context) string {
	if ctx == nil {
		return ""
	}
	id, _ := ctx.Value(contextID{}).(string)
	return id
}

// ContextWithCorrelationKey returns a context with which [ContextWithCorrelationID]
// stamps spans with that key, and [ContextWithCorrelationBaggage] and
// [CorrelationIDFromBaggage] use a member of that name. [NewMiddleware] sets it
// where it is given [WithCorrelationKey]; set it at the other places where work
// begins. The processors have an option of their own.
//
// With "" it is [CorrelationIDKey].
func ContextWithCorrelationKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, contextKey{}, attribute.Key(key))
}

func keyFromContext(ctx context.Context) attribute.Key {
	if ctx != nil {
		if key, _ := ctx.Value(contextKey{}).(attribute.Key); key != "" {
			return key
		}
	}
	return CorrelationIDKey
}
