package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// variables are the values that a user has selected in a dashboard.
func (s *stackRun) variables() map[string]string {
	return map[string]string{
		"service":         ".+", // all
		"operation":       ".+",
		"correlation_id":  s.load.Slowest.CorrelationID,
		"__rate_interval": "10s",
		"__auto":          "10s",
		"__range":         s.period.length(),
	}
}

func (s *stackRun) testDashboards(t *testing.T) {
	known, err := s.metricNames()
	if err != nil {
		t.Fatal(err)
	}
	total := map[string]int{}
	var figures strings.Builder
	defer func() { t.Logf("single figures, while the flood is on\n%s", &figures) }()
	for file, d := range loadDashboards(t) {
		for _, v := range d.Templating.List {
			if v.Type == "query" {
				total["variables"]++
				s.wantVariable(t, file+", variable "+v.Name, v.Definition)
			}
		}
		for i := range d.Panels {
			p := &d.Panels[i]
			for j := range p.Targets {
				q := &p.Targets[j]
				total[q.Datasource.Type]++
				// An empty text box shows all IDs. An ID whose request succeeded has no errors.
				values := s.variables()
				if strings.Contains(q.Expr, `error_type!=""`) {
					values["correlation_id"] = ".*"
				}
				what := describe(file, p, q)
				// An expression with "or vector(0)" has data even if its metrics do not exist.
				for _, found := range metricName.FindAllStringSubmatch(q.Expr, -1) {
					if q.Datasource.Type == "prometheus" && !known[found[1]] {
						t.Errorf("%s: there is no metric %s", what, found[1])
					}
				}
				s.wantData(t, what, q, values)
				if p.Type == "stat" || p.Type == "gauge" {
					during := s.period.start.Add(s.period.end.Sub(s.period.start) / 3)
					r, err := s.promInstant(substitute(q.Expr, values), during)
					if err != nil || len(r.Series) != 1 {
						t.Errorf("%s: %d series, %v; a single figure is wanted", what, len(r.Series), err)
					}
					fmt.Fprintf(&figures, "%-26s %.4g\n", p.Title, r.sum())
				}
			}
		}
	}
	t.Logf("queries with data: %v", total)
}

// metricName matches the metrics of an expression: names with matchers or a range.
var metricName = regexp.MustCompile(`(\w+)[{\[]`)

// wantVariable checks that a variable of the form label_values(metric, label) has values.
func (s *stackRun) wantVariable(t *testing.T, what, definition string) {
	t.Helper()
	inner, ok := strings.CutPrefix(definition, "label_values(")
	inner, ok2 := strings.CutSuffix(inner, ")")
	i := strings.LastIndex(inner, ", ")
	if !ok || !ok2 || i < 0 {
		t.Errorf("%s: %q is not label_values(metric, label)", what, definition)
		return
	}
	expr, label := substitute(inner[:i], s.variables()), inner[i+2:]
	r, err := s.promInstant("group by ("+label+") ("+expr+")", s.period.end)
	if err != nil || len(r.Series) < 2 {
		t.Errorf("%s: %d values, %v", what, len(r.Series), err)
	}
}

func (s *stackRun) wantData(t *testing.T, what string, q *target, values map[string]string) {
	t.Helper()
	expr := substitute(q.Expr, values)
	if strings.Contains(expr, "$") {
		t.Errorf("%s: a variable is left: %s", what, expr)
		return
	}
	var r result
	var err error
	switch {
	case q.Datasource.Type == "prometheus" && q.Instant:
		r, err = s.promInstant(expr, s.period.end)
	case q.Datasource.Type == "prometheus":
		r, err = s.promRange(expr, s.period)
	case q.Datasource.Type == "loki" && q.QueryType == "instant":
		r, err = s.lokiInstant(expr, s.period.end)
	case q.Datasource.Type == "loki":
		r, err = s.lokiRange(expr, s.period)
	case q.Datasource.Type == "jaeger" && q.QueryType == "search":
		found, err := s.search(q.Service, substitute(q.Tags, values), q.Limit, s.period)
		if err != nil || len(found) != 1 {
			t.Errorf("%s: %d traces, %v", what, len(found), err)
		}
		return
	default:
		t.Errorf("%s: the test cannot send the query %+v", what, q)
		return
	}
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if r.empty() {
		t.Errorf("%s has no data: %s", what, expr)
	}
	if q.Exemplar {
		if found, err := s.exemplars(expr, s.period); err != nil || len(found) == 0 {
			t.Errorf("%s: %d exemplars, %v", what, len(found), err)
		}
	}
}
