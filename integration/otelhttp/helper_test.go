package otelhttp_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/krunchwrapper/asynclog/bridge"
)

// timeout bounds everything that could hang.
const timeout = 10 * time.Second

// telemetry has the spans and metrics of one server or client.
type telemetry struct {
	spans   *tracetest.SpanRecorder
	tracers *sdktrace.TracerProvider
	reader  *sdkmetric.ManualReader
	meters  *sdkmetric.MeterProvider
}

func newTelemetry() *telemetry {
	t := &telemetry{spans: tracetest.NewSpanRecorder(), reader: sdkmetric.NewManualReader()}
	t.tracers = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(t.spans))
	t.meters = sdkmetric.NewMeterProvider(sdkmetric.WithReader(t.reader))
	return t
}

func (t *telemetry) options() []otelhttp.Option {
	return []otelhttp.Option{
		otelhttp.WithTracerProvider(t.tracers),
		otelhttp.WithMeterProvider(t.meters),
		otelhttp.WithPropagators(propagation.TraceContext{}),
	}
}

// spanAttribute returns the only span's name and the value of its attribute.
func (t *telemetry) spanAttribute(tb testing.TB, key attribute.Key) (name, value string) {
	tb.Helper()
	spans := t.spans.Ended()
	if len(spans) != 1 {
		tb.Fatalf("%d spans, want 1", len(spans))
	}
	for _, kv := range spans[0].Attributes() {
		if kv.Key == key {
			value = kv.Value.AsString()
		}
	}
	return spans[0].Name(), value
}

// durationRoute returns the http.route of http.server.request.duration.
func (t *telemetry) durationRoute(tb testing.TB) string {
	tb.Helper()
	var rm metricdata.ResourceMetrics
	if err := t.reader.Collect(context.Background(), &rm); err != nil {
		tb.Fatal(err)
	}
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			if h, ok := m.Data.(metricdata.Histogram[float64]); ok && m.Name == "http.server.request.duration" {
				v, _ := h.DataPoints[0].Attributes.Value("http.route")
				return v.AsString()
			}
		}
	}
	tb.Fatal("http.server.request.duration is missing")
	return ""
}

// orders wrap a handler. The first one is what the others are measured against.
var orders = map[string]func(h http.Handler, t *telemetry) http.Handler{
	"otelhttp alone": func(h http.Handler, t *telemetry) http.Handler {
		return otelhttp.NewHandler(h, "server", t.options()...)
	},
	"Middleware alone": func(h http.Handler, _ *telemetry) http.Handler {
		return bridge.Middleware(h)
	},
	"otelhttp outside": func(h http.Handler, t *telemetry) http.Handler {
		return otelhttp.NewHandler(bridge.Middleware(h), "server", t.options()...)
	},
	"otelhttp inside": func(h http.Handler, t *telemetry) http.Handler {
		return bridge.Middleware(otelhttp.NewHandler(h, "server", t.options()...))
	},
}

// eachServer runs a test on servers of both protocols and with all orders.
func eachServer(t *testing.T, h http.Handler, test func(t *testing.T, s *server)) {
	for name, wrap := range orders {
		for protocol := 1; protocol <= 2; protocol++ {
			t.Run(fmt.Sprintf("%s/http%d", name, protocol), func(t *testing.T) {
				s := &server{telemetry: newTelemetry(), order: name, protocol: protocol}
				s.start(wrap(h, s.telemetry))
				t.Cleanup(s.Close)
				test(t, s)
			})
		}
	}
}

// server is a server of one protocol and order.
type server struct {
	*httptest.Server
	*telemetry

	order    string
	protocol int
	errorLog safeBuffer

	mu        sync.Mutex
	recovered any // by the outermost handler
}

func (s *server) start(h http.Handler) {
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if e := recover(); e != nil {
				s.mu.Lock()
				s.recovered = e
				s.mu.Unlock()
				panic(e)
			}
		}()
		h.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(&s.errorLog, "", 0)
	s.EnableHTTP2 = s.protocol == 2
	s.StartTLS()
	s.Client().Timeout = timeout
	s.Client().Transport.(*http.Transport).ExpectContinueTimeout = timeout
}

// answer is a response whose body is closed when the test ends.
type answer struct{ *http.Response }

// do sends a request and checks that the answer is of the protocol, with an ID where the
// middleware is.
func (s *server) do(t *testing.T, r *http.Request) answer {
	t.Helper()
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.ProtoMajor != s.protocol {
		t.Fatalf("the answer is of %s", resp.Proto)
	}
	if id := resp.Header.Get("X-Correlation-ID"); bridge.ValidCorrelationID(id) != (s.order != "otelhttp alone") {
		t.Errorf("correlation ID %q", id)
	}
	return answer{resp}
}

func (s *server) request(t *testing.T, method, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// safeBuffer is a buffer that several goroutines may use.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
