package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// testLinks follows the links of the data sources from a span and from a log line.
func (s *stackRun) testLinks(t *testing.T) {
	sources := loadDatasources(t)
	jaeger := sources["jaeger"].JSONData
	spans, err := s.trace(s.load.Slowest.TraceID)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"__trace.traceId": s.load.Slowest.TraceID}
	r, err := s.lokiRange(substitute(jaeger.TracesToLogs.Query, values), s.period)
	if err != nil {
		t.Fatal(err)
	}
	services := map[string]bool{}
	for _, l := range r.Lines {
		services[l.Labels["service_name"]] = true
	}
	if len(services) != 2 {
		t.Errorf("from a trace to %d lines of %s, want some of both services", len(r.Lines), names(services))
	}

	operations := 0
	for _, sp := range spans {
		if sp.Tags["operation.name"] == "" {
			continue
		}
		operations++
		tags := map[string]string{"service.name": sp.Service, "operation.name": sp.Tags["operation.name"]}
		var matchers []string
		for _, tag := range jaeger.TracesToMetrics.Tags {
			matchers = append(matchers, fmt.Sprintf("%s=%q", tag.Value, tags[tag.Key]))
		}
		for _, q := range jaeger.TracesToMetrics.Queries {
			expr := substitute(q.Query, map[string]string{"__tags": strings.Join(matchers, ", ")})
			r, err := s.promRange(expr, s.period)
			if err != nil || r.empty() {
				t.Errorf("from the span %s to %q: %v, no data: %s", sp.Operation, q.Name, err, expr)
			}
		}
	}
	if operations != 7 {
		t.Errorf("%d spans of operations, want 7", operations)
	}
}
