package bridge

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
)

// ContextWithCorrelationKey sets the key that [NewMiddleware] sets.
func ContextWithCorrelationKey(ctx context.Context, key string) context.Context {
	return contextWithKey(ctx, attribute.Key(key))
}

// CorrelationIDFromBaggage returns the ID that [WithBaggage] finds in the context's
// baggage.
func CorrelationIDFromBaggage(ctx context.Context) string {
	return idFromBaggage(ctx, keyFromContext(ctx))
}
