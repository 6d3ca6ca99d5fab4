package bridge

import (
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
)

// baggageHeader is that of https://www.w3.org/TR/baggage/, canonical.
const baggageHeader = "Baggage"

// WithBaggage makes use of W3C baggage (https://www.w3.org/TR/baggage/), which
// reaches services that do not look at headers, by whatever protocol
// OpenTelemetry's propagators support. The ID is the value of a member whose key is
// that of the attribute, [CorrelationIDKey]: the convention of
// go.opentelemetry.io/contrib/processors/baggagecopy, so that services that use
// that see the same attribute. Be aware that baggage travels on with every
// instrumented call, to whomever it is made.
//
//   - [NewLogProcessor], [NewSpanProcessor] and [NewPhaseLogger] look into the
//     context's baggage where the context has no ID of its own.
//   - [NewMiddleware] does the same, and looks into the request's baggage header
//     too, where no other header has an ID; and it adds the member to the baggage
//     of the request's context.
//   - [NewTransport] adds the member to the baggage of the context with which it
//     calls the transport behind it, and sends a baggage header that has just that
//     member if the request has none so far.
//
// What comes by baggage comes from outside: it counts only if [ValidCorrelationID]
// says so.
//
// Default: baggage is neither read nor written.
func WithBaggage() Option {
	return optionFunc(func(c config) config {
		c.phase.correlations.baggage = true
		return c
	})
}

// ContextWithCorrelationBaggage returns a context whose baggage has the context's
// correlation ID as a member, in addition to what it has, for OpenTelemetry's
// baggage propagator to send on. It returns the context as it is if there is no
// ID, or one that [ValidCorrelationID] would not take at the other end.
func ContextWithCorrelationBaggage(ctx context.Context) context.Context {
	return contextWithBaggage(ctx, keyFromContext(ctx), CorrelationIDFromContext(ctx))
}

// CorrelationIDFromBaggage returns the ID in the context's baggage, or "" if there
// is none that [ValidCorrelationID] takes. It is for servers and consumers that
// get their context from OpenTelemetry's baggage propagator and want the ID as the
// context's own, by [ContextWithCorrelationID].
func CorrelationIDFromBaggage(ctx context.Context) string {
	return idFromBaggage(ctx, keyFromContext(ctx))
}

func idFromBaggage(ctx context.Context, key attribute.Key) string {
	if ctx == nil {
		return ""
	}
	return idFromMember(baggage.FromContext(ctx), key)
}

// idFromBaggageHeader parses the header by itself: OpenTelemetry's propagator
// reports a bad one to otel.Handle, and with it what anybody cared to send.
func idFromBaggageHeader(h http.Header, key attribute.Key) string {
	b, _ := baggage.Parse(strings.Join(h[baggageHeader], ",")) // as far as it makes sense
	return idFromMember(b, key)
}

func idFromMember(b baggage.Baggage, key attribute.Key) string {
	if id := b.Member(string(key)).Value(); ValidCorrelationID(id) {
		return id
	}
	return ""
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

// baggageValue returns the value of a baggage header with the one member; "" if
// the key or the ID is not fit for it.
func baggageValue(key attribute.Key, id string) string {
	return baggage.FromContext(contextWithBaggage(context.Background(), key, id)).String()
}
