package main

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/bridge"
)

// One ID and one trace lead through both processes.
func TestPromptGoesThroughBoth(t *testing.T) {
	spans := recordSpans(t)
	w := startWorker(t)
	f := startFront(t, w.url)
	text := strings.Repeat("The dog does not mind. ", 100)
	status, a, header := f.post(t, "my-id", strings.NewReader(text))
	if status != http.StatusOK || a.Error != "" {
		t.Fatalf("status %d, %+v", status, a)
	}
	if a.Bytes != len(text) || a.CompressedBytes == 0 || a.CompressedBytes >= len(text) ||
		a.Analysis.Words != 500 || a.Analysis.Sentences != 100 || a.Tokens != len(text)/4 || a.Seconds <= 0 {
		t.Errorf("answer %+v of %+v", a, a.Analysis)
	}
	if a.CorrelationID != "my-id" || header.Get("X-Correlation-ID") != "my-id" {
		t.Errorf("correlation ID %q, in the header %q", a.CorrelationID, header.Get("X-Correlation-ID"))
	}

	var phases []string
	for _, p := range []*testService{f, w} {
		records := p.records(t)
		for i := range records {
			r := &records[i]
			phases = append(phases, attr(r, bridge.PhaseKey))
			if id := attr(r, "correlation.id"); id != "my-id" {
				t.Errorf("%s: correlation.id %q", r.Body().AsString(), id)
			}
			if id := r.TraceID().String(); id != a.TraceID {
				t.Errorf("%s: trace %s, want %s", r.Body().AsString(), id, a.TraceID)
			}
			if attr(r, "operation.name") == "" || attr(r, "duration.seconds") == "" {
				t.Errorf("%s: no operation or no duration", r.Body().AsString())
			}
		}
	}
	if want := []string{phaseInterception, bridge.PhaseCompletion, phaseAnalysis, phaseCompression}; !slices.Equal(phases, want) {
		t.Errorf("phases %q, want %q", phases, want)
	}

	var got []string
	servers := 0
	for _, s := range spans.GetSpans() {
		got = append(got, s.Name)
		if s.SpanContext.TraceID().String() != a.TraceID {
			t.Errorf("span %s is of another trace", s.Name)
		}
		id := ""
		for _, kv := range s.Attributes {
			if kv.Key == "correlation.id" {
				id = kv.Value.AsString()
			}
		}
		if id != "my-id" {
			t.Errorf("span %s has the correlation.id %q", s.Name, id)
		}
		if s.SpanKind == trace.SpanKindServer {
			servers++
		}
	}
	slices.Sort(got)
	want := []string{
		"HTTP POST", "POST /prompts", "POST /texts",
		"prompt", "prompt.complete", "prompt.forward", "prompt.intercept",
		"text", "text.analyse", "text.compress",
	}
	if !slices.Equal(got, want) || servers != 2 {
		t.Errorf("spans %q, of them %d of servers, want %q", got, servers, want)
	}

	for _, operation := range []string{"prompt", "prompt.intercept", "prompt.forward", "prompt.complete"} {
		if s := f.pipeline.Monitor().Stats()[operation]; s.Count != 1 || s.Failures != 0 {
			t.Errorf("operation %s: %+v", operation, s)
		}
	}
}

// Without an ID from the client, the trace ID is the correlation ID.
func TestPromptWithoutCorrelationID(t *testing.T) {
	recordSpans(t)
	f := startFront(t, startWorker(t).url)
	_, a, _ := f.post(t, "", strings.NewReader("Hello."))
	if a.CorrelationID == "" || a.CorrelationID != a.TraceID {
		t.Errorf("correlation ID %q, trace %q", a.CorrelationID, a.TraceID)
	}
}

func TestPromptsThatFail(t *testing.T) {
	w := startWorker(t)
	broken := startService(t, "POST /texts", brokenWorker)
	for _, tc := range []struct {
		name, text, worker string
		status             int
		kind               string
		public             string // the text that the client gets
		private            string // the text that only the log gets
	}{
		{"binary", "a\x00b", w.url, http.StatusUnprocessableEntity, "text_invalid", "zero byte at offset 1", ""},
		{"not UTF-8", "a\xff", w.url, http.StatusUnprocessableEntity, "text_invalid", "0xff at offset 1", ""},
		{"too large", strings.Repeat("x", maxText+1), w.url, http.StatusRequestEntityTooLarge, "text_too_large", "too large", ""},
		{"no worker", "Hello.", "http://127.0.0.1:1", http.StatusBadGateway, "worker_unavailable", "could not be processed", "127.0.0.1:1"},
		{"a worker in trouble", "Hello.", broken.url, http.StatusBadGateway, "worker_unavailable", "could not be processed", "503"},
		{"a worker of another kind", "nonsense", broken.url, http.StatusBadGateway, "worker_unavailable", "could not be processed", "the worker's answer"},
		{"another text compressed", "other", broken.url, http.StatusBadGateway, "round_trip", "could not be processed", "differs"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := startFront(t, tc.worker)
			status, a, _ := f.post(t, "an-id", strings.NewReader(tc.text))
			if status != tc.status {
				t.Errorf("status %d, want %d", status, tc.status)
			}
			wantText(t, "the answer", a.Error, tc.public)
			if tc.private != "" && strings.Contains(a.Error, tc.private) {
				t.Errorf("the client gets %q", a.Error)
			}
			records := f.records(t)
			r := &records[len(records)-1]
			if attr(r, bridge.PhaseKey) != bridge.PhaseError || r.Severity() != log.SeverityError ||
				attr(r, "error.type") != tc.kind || attr(r, "correlation.id") != "an-id" {
				t.Errorf("the last record is %q of severity %v, phase %s, error.type %s",
					r.Body().AsString(), r.Severity(), attr(r, bridge.PhaseKey), attr(r, "error.type"))
			}
			wantText(t, "the log", r.Body().AsString(), tc.private)
			if s := f.pipeline.Monitor().Stats()["prompt"]; s.Failures != 1 {
				t.Errorf("operation prompt: %+v", s)
			}
		})
	}
}

// The worker trusts the front no more than the front trusts its clients.
func TestTextsThatFail(t *testing.T) {
	w := startWorker(t)
	for _, tc := range []struct {
		body   io.Reader
		status int
	}{
		{strings.NewReader("\x00"), http.StatusUnprocessableEntity},
		{strings.NewReader(strings.Repeat("x", maxText+1)), http.StatusRequestEntityTooLarge},
	} {
		resp, err := http.Post(w.url+"/texts", "text/plain", tc.body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tc.status {
			t.Errorf("status %d, want %d", resp.StatusCode, tc.status)
		}
	}
	records := w.records(t)
	if len(records) != 2 || records[1].Severity() != log.SeverityError {
		t.Errorf("%d records", len(records))
	}
}

// A client that disconnects in the middle of a request is an error like others.
func TestPromptAborted(t *testing.T) {
	f := startFront(t, startWorker(t).url)
	body, write := io.Pipe()
	go func() {
		_, _ = io.WriteString(write, "Hello")
		write.CloseWithError(errors.New("gone"))
	}()
	if resp, err := http.Post(f.url+"/prompts", "text/plain", body); err == nil {
		resp.Body.Close()
		t.Error("the post has not failed")
	}
	deadline := time.Now().Add(20 * time.Second)
	for len(f.records(t)) == 0 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	records := f.records(t)
	if len(records) != 1 || attr(&records[0], "error.type") != "request_aborted" {
		t.Errorf("%d records", len(records))
	}
}

// A service that cannot export still serves, and is ready.
func TestHealth(t *testing.T) {
	w := startWorker(t)
	var h health
	handler := h.handler(w.pipeline, "worker")
	if status, text := get(handler, "/healthz"); status != http.StatusOK || text != "alive\n" {
		t.Errorf("alive: %d %q", status, text)
	}
	if status, text := get(handler, "/readyz"); status != http.StatusOK || text != "ready\n" {
		t.Errorf("ready: %d %q", status, text)
	}
	if status, text := get(handler, "/telemetry"); status != http.StatusOK || text != "logs get out\n" {
		t.Errorf("telemetry: %d %q", status, text)
	}
	w.exporter.FailNext(2, errors.New("no collector"))
	w.pipeline.PhaseLogger().Log(t.Context(), bridge.PhaseError, "kept, and sent later")
	deadline := time.Now().Add(20 * time.Second)
	for w.pipeline.Statistics().AsyncLogging.Exporters[0].Failures == 0 {
		if time.Now().After(deadline) {
			t.Fatal("no export has failed")
		}
		time.Sleep(time.Millisecond)
	}
	if status, text := get(handler, "/readyz"); status != http.StatusOK || text != "ready\n" {
		t.Errorf("without a collector: %d %q", status, text)
	}
	h.draining.Store(true)
	if status, text := get(handler, "/readyz"); status != http.StatusServiceUnavailable || text != "draining\n" {
		t.Errorf("draining: %d %q", status, text)
	}
	if status, text := get(handler, "/debug/asynclog/"); status != http.StatusOK || !strings.Contains(text, `"async_logging"`) {
		t.Errorf("statistics: %d %q", status, text)
	}
	for host, want := range map[string]int{"worker:6060": http.StatusOK, "127.0.0.1": http.StatusOK, "evil.example": http.StatusForbidden} {
		if status, text := get(handler, "http://"+host+"/debug/asynclog/settings"); status != want {
			t.Errorf("as %s: %d %q", host, status, text)
		}
	}
	if records := w.records(t); len(records) != 1 {
		t.Errorf("%d records exported, want the one", len(records))
	}
}
