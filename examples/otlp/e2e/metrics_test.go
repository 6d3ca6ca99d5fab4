package e2e

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
)

func (s *stackRun) testMetrics(t *testing.T) {
	equal := func(expr string, want uint64) {
		t.Helper()
		eventually(t, arrivalTimeout, func() error {
			r, err := s.promInstant(expr, s.period.end)
			if err == nil && (r.empty() || r.sum() != float64(want)) {
				err = fmt.Errorf("%s is %v in %d series, want %d", expr, r.sum(), len(r.Series), want)
			}
			return err
		})
	}
	equal(`asynclog_operation_duration_seconds_count{service_name="asynclog-front", operation_name="prompt", error_type=""}`,
		s.load.Statuses["200"])
	equal(`asynclog_operation_duration_seconds_count{service_name="asynclog-front", operation_name="prompt", error_type="text_invalid"}`,
		s.load.Statuses["422"])
	equal(`asynclog_operation_duration_seconds_count{service_name="asynclog-worker", operation_name="text.compress"}`,
		s.load.Statuses["200"])
	// The last metrics of a process have the final figures of its ledger.
	for name, l := range s.ledgers {
		a := l.Statistics.AsyncLogging
		equal(`asynclog_processor_emitted_total{service_name="`+name+`"}`, a.Logged)
		equal(`asynclog_processor_exported_total{service_name="`+name+`"}`, a.Exported)
		equal(`asynclog_processor_fallback_total{service_name="`+name+`"}`, a.Fallback)
		equal(`otel_sdk_processor_log_queue_size{service_name="`+name+`"}`, 0)
	}
	flood := s.ledgers["asynclog-flood"].Statistics.AsyncLogging
	for reason, severities := range flood.Dropped {
		for severity, n := range severities {
			equal(`asynclog_processor_dropped_total{service_name="asynclog-flood", error_type="`+reason+`", asynclog_severity="`+severity+`"}`, n)
		}
	}
	equal(`otel_sdk_processor_log_queue_capacity{service_name="asynclog-flood"}`, 2048)
}

// Every exemplar of an operation has a trace in Jaeger. In that trace, the operation has the
// duration of the exemplar.
func (s *stackRun) testExemplars(t *testing.T) {
	found, err := s.exemplars(`asynclog_operation_duration_seconds_bucket{operation_name="text.compress"}`, s.period)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(found, func(a, b exemplar) int { return cmp.Compare(b.Value, a.Value) })
	if len(found) == 0 {
		t.Fatal("no exemplars")
	}
	t.Logf("%d exemplars of text.compress; the slowest: %.3fs, trace %s", len(found), found[0].Value, found[0].TraceID)
	for _, e := range found[:min(len(found), 20)] {
		spans, err := s.trace(e.TraceID)
		if err != nil {
			t.Errorf("an exemplar of %vs has the trace %q: %v", e.Value, e.TraceID, err)
			continue
		}
		i := slices.IndexFunc(spans, func(sp span) bool { return sp.Operation == "text.compress" })
		if i < 0 || math.Abs(spans[i].Duration.Seconds()-e.Value) > 2e-6 { // Jaeger rounds to µs
			t.Errorf("an exemplar of %vs leads to %+v", e.Value, spans)
		}
	}
}
