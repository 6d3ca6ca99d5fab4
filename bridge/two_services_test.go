package bridge_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/bridge"
)

// traced starts a span for each request, as otelhttp.NewHandler does.
func (s *service) traced(next http.Handler, p propagation.TextMapPropagator) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := p.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := s.tracer.Start(ctx, "server", trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// tracingTransport starts a span for each call, as otelhttp.NewTransport does.
type tracingTransport struct {
	*service

	p propagation.TextMapPropagator
}

func (t tracingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, span := t.tracer.Start(r.Context(), "client", trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	r = r.Clone(ctx)
	t.p.Inject(ctx, propagation.HeaderCarrier(r.Header))
	return http.DefaultTransport.RoundTrip(r)
}

// twoServices returns the URL of a service that calls another, both with logs and
// spans of their own.
func twoServices(t *testing.T, p propagation.TextMapPropagator, opts ...bridge.Option) (front, back *service, to string) {
	t.Helper()
	front, back = newService(t, opts...), newService(t, opts...)
	mw := bridge.NewMiddleware(opts...)

	backLog := slog.New(bridge.NewHandler("back", bridge.WithLoggerProvider(back)))
	backServer := httptest.NewServer(back.traced(mw(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx, span := back.tracer.Start(r.Context(), "query")
		defer span.End()
		backLog.WithGroup("db").InfoContext(ctx, "asked", "table", "users")
	})), p))
	t.Cleanup(backServer.Close)

	phases := front.phases()
	client := &http.Client{Transport: bridge.NewTransport(tracingTransport{front, p}, opts...)}
	frontServer := httptest.NewServer(front.traced(mw(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		phases.Log(ctx, "CALL", "asking the service behind")
		get(ctx, t, client, backServer.URL)
		phases.Log(ctx, bridge.PhaseCompletion, "done")
	})), p))
	t.Cleanup(frontServer.Close)
	return front, back, frontServer.URL
}

func get(ctx context.Context, t *testing.T, client *http.Client, to string, headers ...string) http.Header {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, to, http.NoBody)
	if err != nil {
		t.Error(err)
		return nil
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.Header
}

// TestOneIDLeadsEverywhere: the logs and the spans of both services have the same ID,
// and each record has the IDs of its trace and span.
func TestOneIDLeadsEverywhere(t *testing.T) {
	headersOnly := propagation.TextMapPropagator(propagation.TraceContext{})
	withBaggage := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	for name, c := range map[string]struct {
		p       propagation.TextMapPropagator
		opts    []bridge.Option
		headers []string
		want    string // "": that of the trace
	}{
		"given":         {headersOnly, nil, []string{"X-Correlation-ID", "req-1"}, "req-1"},
		"request ID":    {headersOnly, nil, []string{"X-Request-ID", "req-2"}, "req-2"},
		"none":          {headersOnly, nil, nil, ""},
		"4 KB":          {headersOnly, nil, []string{"X-Correlation-ID", strings.Repeat("a", 4096)}, ""},
		"unicode":       {headersOnly, nil, []string{"X-Correlation-ID", "idé"}, ""},
		"markup":        {headersOnly, nil, []string{"X-Request-ID", "<script>"}, ""},
		"other headers": {headersOnly, []bridge.Option{bridge.WithHeaders("My-ID")}, []string{"My-ID", "req-3"}, "req-3"},
		"baggage": {
			withBaggage,
			[]bridge.Option{bridge.WithBaggage()},
			[]string{"Baggage", "correlation.id=req-4"},
			"req-4",
		},
		"baggage, not opted in": {withBaggage, nil, []string{"Baggage", "correlation.id=req-5"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			front, back, to := twoServices(t, c.p, c.opts...)
			answer := get(t.Context(), t, http.DefaultClient, to, c.headers...)

			frontRecords, backRecords := front.records(t), back.records(t)
			if len(frontRecords) != 2 || len(backRecords) != 1 {
				t.Fatalf("%d and %d records, want 2 and 1", len(frontRecords), len(backRecords))
			}
			traceID := frontRecords[0].TraceID()
			want := c.want
			if want == "" {
				want = traceID.String()
			}
			if got := answer.Get(headerOf(c.headers)); got != want {
				t.Errorf("answer %q, want %q", got, want)
			}
			wantAll(t, "front's logs", front.logIDs(t), want)
			wantAll(t, "back's logs", back.logIDs(t), want)
			for where, s := range map[string]*service{"front": front, "back": back} {
				var ids []string
				for _, span := range s.spans.GetSpans() {
					ids = append(ids, spanAttribute(span, "correlation.id"))
					if span.SpanContext.TraceID() != traceID {
						t.Errorf("a span of %s is of another trace", where)
					}
				}
				wantAll(t, where+"'s spans", ids, want)
			}
			spans := spansByID(front, back)
			for _, r := range append(frontRecords, backRecords...) {
				if r.TraceID() != traceID || spans[r.SpanID()] == "" {
					t.Errorf("%v leads to no span: trace %v, span %v", r.Body(), r.TraceID(), r.SpanID())
				}
			}
		})
	}
}

func headerOf(headers []string) string {
	if slices.Contains(headers, "My-ID") {
		return "My-ID"
	}
	return "X-Correlation-ID"
}

func wantAll(t *testing.T, where string, ids []string, want string) {
	t.Helper()
	if len(ids) == 0 || len(slices.Compact(slices.Clone(ids))) != 1 || ids[0] != want {
		t.Errorf("%s have the IDs %q, want %q", where, ids, want)
	}
}

func spansByID(services ...*service) map[trace.SpanID]string {
	names := map[trace.SpanID]string{}
	for _, s := range services {
		for _, span := range s.spans.GetSpans() {
			names[span.SpanContext.SpanID()] = span.Name
		}
	}
	return names
}
