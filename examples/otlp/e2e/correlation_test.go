package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func (s *stackRun) testTrace(t *testing.T) {
	id := s.load.Slowest.CorrelationID
	// Search as a person would, who knows the correlation ID but not the trace.
	var spans []span
	eventually(t, arrivalTimeout, func() error {
		found, err := s.search("asynclog-front", "correlation.id="+id, 20, period{s.period.start, time.Now()})
		if err != nil {
			return err
		}
		if len(found) != 1 {
			return fmt.Errorf("%d traces with the correlation ID %s", len(found), id)
		}
		spans = slices.Collect(maps.Values(found))[0]
		if len(spans) < 10 {
			return fmt.Errorf("%d spans so far", len(spans))
		}
		return nil
	})
	var operations []string
	for _, sp := range spans {
		operations = append(operations, sp.Service+" "+sp.Operation)
		if sp.TraceID != s.load.Slowest.TraceID {
			t.Errorf("trace %s, the answer said %s", sp.TraceID, s.load.Slowest.TraceID)
		}
		if got := sp.Tags["correlation.id"]; got != id {
			t.Errorf("span %s of %s has the correlation.id %q, want %q", sp.Operation, sp.Service, got, id)
		}
	}
	t.Logf("the slowest prompt in Jaeger\n%s", draw(spans))
	slices.Sort(operations)
	want := []string{
		"asynclog-front HTTP POST", // to the worker
		"asynclog-front POST /prompts",
		"asynclog-front prompt",
		"asynclog-front prompt.complete",
		"asynclog-front prompt.forward",
		"asynclog-front prompt.intercept",
		"asynclog-worker POST /texts",
		"asynclog-worker text",
		"asynclog-worker text.analyse",
		"asynclog-worker text.compress",
	}
	if !slices.Equal(operations, want) {
		t.Errorf("spans\n%s\nwant\n%s", strings.Join(operations, "\n"), strings.Join(want, "\n"))
	}
}

func (s *stackRun) testLogs(t *testing.T) {
	r, err := s.lokiRange(`{service_name=~"asynclog-.+"} | correlation_id="`+s.load.Slowest.CorrelationID+`"`, s.period)
	if err != nil {
		t.Fatal(err)
	}
	var drawn strings.Builder
	services, phases := map[string]int{}, []string{}
	for _, l := range r.Lines {
		services[l.Labels["service_name"]]++
		fmt.Fprintf(&drawn, "%s %-5s %-15s %-12s %s\n", l.Time.UTC().Format("15:04:05.000"), l.Labels["detected_level"],
			l.Labels["service_name"], l.Labels["asynclog_phase"], l.Text)
		if got := l.Labels["trace_id"]; got != s.load.Slowest.TraceID {
			t.Errorf("%q has the trace_id %q, want %q", l.Text, got, s.load.Slowest.TraceID)
		}
		if l.Labels["span_id"] == "" {
			t.Errorf("%q has no span_id", l.Text)
		}
		if phase := l.Labels["asynclog_phase"]; phase != "" {
			phases = append(phases, phase)
		}
	}
	t.Logf("the same in Loki\n%s", &drawn)
	if services["asynclog-front"] == 0 || services["asynclog-worker"] == 0 {
		t.Errorf("lines by service: %v", services)
	}
	if want := []string{"INTERCEPTION", "ANALYSIS", "COMPRESSION", "COMPLETION"}; !slices.Equal(phases, want) {
		t.Errorf("phases %v, want %v", phases, want)
	}
}

func (s *stackRun) testFailure(t *testing.T) {
	r, err := s.lokiRange(`{service_name="asynclog-front"} | correlation_id="`+s.load.Refused.CorrelationID+`" | asynclog_phase="ERROR"`, s.period)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Lines) != 1 {
		t.Fatalf("%d lines of phase ERROR, want 1", len(r.Lines))
	}
	l := r.Lines[0]
	if l.Labels["detected_level"] != "error" || l.Labels["error_type"] != "text_invalid" ||
		!strings.Contains(l.Text, "zero byte at offset") {
		t.Errorf("%q with %v", l.Text, l.Labels)
	}
	eventually(t, arrivalTimeout, func() error {
		spans, err := s.trace(l.Labels["trace_id"])
		if err != nil {
			return err
		}
		failed := 0
		for _, sp := range spans {
			if sp.Tags["error.type"] == "text_invalid" {
				failed++
			}
		}
		if failed != 2 { // prompt and prompt.intercept
			return fmt.Errorf("%d of %d spans have failed, want 2", failed, len(spans))
		}
		return nil
	})
}
