package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// asMain makes the test binary run the program instead of the tests.
const asMain = "OTLP_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// testService is the front or the worker, in the process of the tests.
type testService struct {
	pipeline *asynclog.Pipeline
	exporter *exportertest.Exporter
	url      string
}

// startService serves a handler on a test server, as serve does on a listener.
func startService(t *testing.T, route string, handler func(*asynclog.Pipeline) http.Handler) *testService {
	t.Helper()
	e := exportertest.New()
	p, err := asynclog.Start(t.Context(), asynclog.WithoutInstall(), asynclog.WithExporter(e),
		asynclog.WithConfigOptions(envconfig.WithoutFile()),
		asynclog.WithBridgeOptions(bridge.WithSynchronousWriter(io.Discard)))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(route, instrument(handler(p)))
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.Close()
		if err := p.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if s := p.Statistics().AsyncLogging; !s.Balanced() {
			t.Errorf("the ledger does not balance: %+v", s)
		}
	})
	return &testService{pipeline: p, exporter: e, url: server.URL}
}

// records returns the records that have been logged so far.
func (p *testService) records(t *testing.T) []sdklog.Record {
	t.Helper()
	if err := p.pipeline.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p.exporter.Records()
}

// attr returns the text of a record's attribute, "" if there is none.
func attr(r *sdklog.Record, key attribute.Key) (text string) {
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		if kv.Key == key {
			text = kv.Value.String()
		}
		return text == ""
	})
	return text
}

// recordSpans sets a global tracer provider that keeps its spans.
func recordSpans(t *testing.T) *tracetest.InMemoryExporter {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	tp := sdktrace.NewTracerProvider(
		sdktrace.WithSpanProcessor(bridge.NewSpanProcessor()), sdktrace.WithSyncer(spans))
	before, propagator := otel.GetTracerProvider(), otel.GetTextMapPropagator()
	otel.SetTracerProvider(tp)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	t.Cleanup(func() {
		otel.SetTracerProvider(before)
		otel.SetTextMapPropagator(propagator)
	})
	return spans
}

func startWorker(t *testing.T) *testService {
	t.Helper()
	return startService(t, "POST /texts", func(p *asynclog.Pipeline) http.Handler { return newWorker(newStages(p)) })
}

func startFront(t *testing.T, workerURL string) *testService {
	t.Helper()
	base, err := url.Parse(workerURL)
	if err != nil {
		t.Fatal(err)
	}
	return startService(t, "POST /prompts", func(p *asynclog.Pipeline) http.Handler {
		return &front{stages: newStages(p), worker: newWorkerClient(base)}
	})
}

// post posts a text to the front.
func (p *testService) post(t *testing.T, id string, body io.Reader) (int, answer, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/prompts", body)
	if err != nil {
		t.Fatal(err)
	}
	if id != "" {
		req.Header.Set("X-Correlation-ID", id)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var a answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, a, resp.Header
}

// printed is a console whose output is kept.
type printed struct{ out, err bytes.Buffer }

func (p *printed) console() console { return console{out: &p.out, err: &p.err} }

// invoke runs the program without exporters.
func invoke(t *testing.T, args ...string) (status int, p *printed) {
	t.Helper()
	for _, name := range []string{"OTEL_LOGS_EXPORTER", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER"} {
		t.Setenv(name, "none")
	}
	p = &printed{}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return run(ctx, p.console(), args), p
}

func wantText(t *testing.T, what, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %q:\n%s", what, want, text)
		}
	}
}
