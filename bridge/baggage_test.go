package bridge_test

import (
	"context"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"

	"github.com/krunchwrapper/asynclog/bridge"
)

func withMember(ctx context.Context, tb testing.TB, key, value string) context.Context {
	tb.Helper()
	member, err := baggage.NewMemberRaw(key, value)
	if err != nil {
		tb.Fatal(err)
	}
	b, err := baggage.FromContext(ctx).SetMember(member)
	if err != nil {
		tb.Fatal(err)
	}
	return baggage.ContextWithBaggage(ctx, b)
}

func member(ctx context.Context, key string) string {
	return baggage.FromContext(ctx).Member(key).Value()
}

func TestBaggageContext(t *testing.T) {
	ctx := withMember(t.Context(), t, "tenant", "acme")
	if id := bridge.CorrelationIDFromBaggage(ctx); id != "" || bridge.CorrelationIDFromBaggage(nil) != "" { //nolint:staticcheck // documented
		t.Errorf("ID %q although there is none", id)
	}
	if ctx := bridge.ContextWithCorrelationBaggage(ctx); baggage.FromContext(ctx).Len() != 1 {
		t.Errorf("baggage %v without an ID", baggage.FromContext(ctx))
	}
	ctx = bridge.ContextWithCorrelationBaggage(bridge.ContextWithCorrelationID(ctx, "req-1"))
	if member(ctx, "correlation.id") != "req-1" || member(ctx, "tenant") != "acme" {
		t.Errorf("baggage %v", baggage.FromContext(ctx))
	}
	if id := bridge.CorrelationIDFromBaggage(ctx); id != "req-1" {
		t.Errorf("ID %q, want req-1", id)
	}

	bad := bridge.ContextWithCorrelationBaggage(bridge.ContextWithCorrelationID(t.Context(), "a b"))
	if baggage.FromContext(bad).Len() != 0 {
		t.Errorf("baggage %v from an invalid ID", baggage.FromContext(bad))
	}
	if id := bridge.CorrelationIDFromBaggage(withMember(t.Context(), t, "correlation.id", "a b")); id != "" {
		t.Errorf("ID %q, which is not valid", id)
	}

	other := bridge.ContextWithCorrelationKey(bridge.ContextWithCorrelationID(t.Context(), "req-2"), "request.id")
	if other = bridge.ContextWithCorrelationBaggage(other); member(other, "request.id") != "req-2" ||
		bridge.CorrelationIDFromBaggage(other) != "req-2" {
		t.Errorf("baggage %v", baggage.FromContext(other))
	}
}

// TestBaggageOnlyWhereOptedIn runs everything that could read or write baggage, with
// and without the option.
func TestBaggageOnlyWhereOptedIn(t *testing.T) {
	arriving := withMember(t.Context(), t, "correlation.id", "from-baggage")
	for name, c := range map[string]struct {
		opts    []bridge.Option
		reads   string
		carries string
	}{
		"not opted in": {nil, "", ""},
		"opted in":     {[]bridge.Option{bridge.WithBaggage()}, "from-baggage", "req-1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, c.opts...)
			l := s.phases(c.opts...)
			l.Log(arriving, "ANALYSIS", "…")
			l.Log(bridge.ContextWithCorrelationID(arriving, "own"), "ANALYSIS", "…")
			if ids := s.logIDs(t); ids[0] != c.reads || ids[1] != "own" {
				t.Errorf("log IDs %q, want %q and the context's own", ids, c.reads)
			}
			l.LogAny(arriving, "ANALYSIS", "…", nil, "")
			if id := s.logIDs(t)[2]; c.reads != "" && id != c.reads || c.reads == "" && !isHexID(id) {
				t.Errorf("LogAny took %q", id)
			}
			_, span := s.tracer.Start(arriving, "work")
			span.End()
			if ids := s.spanIDs(); ids[0] != c.reads {
				t.Errorf("span ID %q, want %q", ids[0], c.reads)
			}

			mw := bridge.NewMiddleware(c.opts...)
			for where, r := range map[string]*http.Request{
				"context": request().WithContext(arriving),
				"header":  request("Baggage", "tenant=acme,correlation.id=from-baggage;property"),
			} {
				if got, _ := serve(mw, r); c.reads != "" && got.id != c.reads || c.reads == "" && !isHexID(got.id) {
					t.Errorf("the middleware took %q from the %s", got.id, where)
				}
			}
			var carried string
			mw(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				carried = member(r.Context(), "correlation.id")
			})).ServeHTTP(discardResponse{}, request("X-Correlation-ID", "req-1", "Baggage", "correlation.id=other"))
			if carried != c.carries {
				t.Errorf("the handler's context carries %q, want %q", carried, c.carries)
			}

			var base spy
			r := request()
			r = r.WithContext(bridge.ContextWithCorrelationID(withMember(r.Context(), t, "tenant", "acme"), "req-1"))
			_, _ = bridge.NewTransport(&base, c.opts...).RoundTrip(r) //nolint:bodyclose // there is no response
			if got := member(base.got.Context(), "correlation.id"); got != c.carries {
				t.Errorf("the base transport's context carries %q, want %q", got, c.carries)
			}
			want := ""
			if c.carries != "" {
				want = "correlation.id=" + c.carries // without the tenant, which the propagator must send
			}
			if got := base.got.Header.Get("Baggage"); got != want {
				t.Errorf("sent baggage %q, want %q", got, want)
			}
		})
	}
}

func TestBaggageHostile(t *testing.T) {
	mw := bridge.NewMiddleware(bridge.WithBaggage())
	for name, value := range hostileIDs {
		m, err := baggage.NewMemberRaw("correlation.id", value)
		if err != nil {
			continue // not valid in baggage
		}
		s, _ := serve(mw, request("Baggage", m.String()))
		if !isHexID(s.id) {
			t.Errorf("%s: ID %q, want a new one", name, s.id)
		}
	}
}

// TestBaggageOfTheCaller: the caller's header is not changed, and a key that is not a
// token is not sent.
func TestBaggageOfTheCaller(t *testing.T) {
	r := request("Baggage", "mine=1")
	r = r.WithContext(bridge.ContextWithCorrelationID(r.Context(), "req-1"))
	if got := sent(t, r, bridge.WithBaggage()).Get("Baggage"); got != "mine=1" {
		t.Errorf("sent baggage %q, want the caller's", got)
	}
	r.Header.Del("Baggage")
	if got := sent(t, r, bridge.WithBaggage(), bridge.WithCorrelationKey("no token")).Get("Baggage"); got != "" {
		t.Errorf("sent baggage %q", got)
	}
	s := newService(t, bridge.WithBaggage(), bridge.WithCorrelationKey("request.id"))
	s.phases().Log(withMember(t.Context(), t, "request.id", "req-2"), "ANALYSIS", "…", attribute.Int("n", 1))
	wantAttributes(t, s.last(t), map[string]any{"asynclog.phase": "ANALYSIS", "n": int64(1), "request.id": "req-2"})
}

type discardResponse struct{}

func (discardResponse) Header() http.Header         { return http.Header{} }
func (discardResponse) Write(p []byte) (int, error) { return len(p), nil }
func (discardResponse) WriteHeader(int)             {}
