package bridge

import (
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
)

// baggageHeader is the canonical name of the header of https://www.w3.org/TR/baggage/.
const baggageHeader = "Baggage"

// maxBaggageLength is the maximum length of that header, as W3C and OpenTelemetry have it.
const maxBaggageLength = 8192

// ContextWithCorrelationBaggage returns a context whose baggage has the context's
// correlation ID as an additional member, for OpenTelemetry's baggage propagator to
// send. It returns the context unchanged if there is no ID, or if
// [ValidCorrelationID] would not accept it at the other end.
func ContextWithCorrelationBaggage(ctx context.Context) context.Context {
	return contextWithBaggage(ctx, keyFromContext(ctx), CorrelationIDFromContext(ctx))
}

func contextWithBaggage(ctx context.Context, key attribute.Key, id string) context.Context {
	if !ValidCorrelationID(id) {
		return ctx
	}
	member, err := baggage.NewMemberRaw(string(key), id)
	if err != nil {
		return ctx
	}
	b, err := baggage.FromContext(ctx).SetMember(member)
	if err != nil {
		return ctx
	}
	return baggage.ContextWithBaggage(ctx, b)
}

// idFromBaggage returns the ID in the context's baggage. It returns "" if there is
// none that [ValidCorrelationID] accepts.
func idFromBaggage(ctx context.Context, key attribute.Key) string {
	if ctx == nil {
		return ""
	}
	return idFromMember(baggage.FromContext(ctx), key)
}

// idFromBaggageHeader parses the header itself, because OpenTelemetry's propagator
// would report an invalid header to otel.Handle, whatever text a client has sent. It
// does not copy a header that is too long for Parse.
func idFromBaggageHeader(h http.Header, key attribute.Key) string {
	length := 0
	for _, value := range h[baggageHeader] {
		if length += len(value) + 1; length > maxBaggageLength+1 {
			return ""
		}
	}
	b, _ := baggage.Parse(strings.Join(h[baggageHeader], ",")) // the valid members
	return idFromMember(b, key)
}

func idFromMember(b baggage.Baggage, key attribute.Key) string {
	if id := b.Member(string(key)).Value(); ValidCorrelationID(id) {
		return id
	}
	return ""
}

// baggageValue returns the value of a baggage header with the ID as its only member.
// It returns "" if baggage allows no such key or ID.
func baggageValue(key attribute.Key, id string) string {
	return baggage.FromContext(contextWithBaggage(context.Background(), key, id)).String()
}
