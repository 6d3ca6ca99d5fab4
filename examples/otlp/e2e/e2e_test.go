package e2e

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// arrivalTime is how long telemetry that has left a service may take to be found.
const arrivalTime = 60 * time.Second

// loadReport is what "otlp load -json" says.
type loadReport struct {
	Requests   uint64            `json:"requests"`
	Statuses   map[string]uint64 `json:"statuses"`
	Unexpected uint64            `json:"unexpected"`
	Slowest    loadedRequest     `json:"slowest"`
	Refused    loadedRequest     `json:"refused"`
}

type loadedRequest struct {
	CorrelationID string  `json:"correlation_id"`
	TraceID       string  `json:"trace_id"`
	Bytes         int     `json:"bytes"`
	Seconds       float64 `json:"seconds"`
}

// scene is a run of the whole stack, of which the tests look at different sides.
type scene struct {
	*stack

	period  period // from the first to the last process of the example
	load    loadReport
	ledgers map[string]ledger // by service.name
}

// act runs the example under load, floods the pipeline until records are dropped, and
// ends all processes of the example as docker stop would.
func act(t *testing.T) *scene {
	s := &scene{stack: newStack(t), ledgers: map[string]ledger{}}
	s.prometheus(t)
	s.jaeger(t)
	s.loki(t)
	s.collector(t)
	s.period.start = time.Now()
	worker, front := s.worker(t), s.front(t)

	load := launch(t, "load", exampleBinary(t, "."), []string{
		"load", "-target", s.url("front"), "-rate", "30", "-for", "25s", "-every", "5s",
		"-large", "0.02", "-invalid", "0.05", "-json",
	}, nil)
	// Bursts that a small queue has no room for.
	env := s.overOTLP(t, "front")
	env["ASYNC_LOG_QUEUE_SIZE"] = "2048"
	flood := launch(t, "flood", exampleBinary(t, "."), []string{
		"flood", "-records", "60000", "-bursts", "12", "-every", "1s", "-errors", "2", "-overflow", "drop-lowest",
	}, environment(env))

	flood.wait(t, time.Minute)
	load.wait(t, time.Minute)
	out, _ := load.printed(t)
	if err := json.Unmarshal(out, &s.load); err != nil {
		t.Fatalf("the report of the load: %v: %s", err, out)
	}
	// The front first: the worker answers until the last prompt is through.
	front.stop(t)
	worker.stop(t)
	s.period.end = time.Now()
	for _, p := range []*process{front, worker, flood} {
		l := ledgerOf(t, p)
		s.ledgers[l.serviceName()] = l
	}
	return s
}

func TestEndToEnd(t *testing.T) {
	s := act(t)
	t.Logf("%d prompts: %v; the slowest %.3fs", s.load.Requests, s.load.Statuses, s.load.Slowest.Seconds)
	// Counted first, and waited for: what comes later looks at all that there is.
	t.Run("Loki holds what the ledgers call exported", s.testCounts)
	t.Run("one correlation ID leads to the trace", s.testTrace)
	t.Run("and to the log lines", s.testLogs)
	t.Run("a prompt that failed", s.testFailure)
	t.Run("metrics", s.testMetrics)
	t.Run("exemplars lead to traces", s.testExemplars)
	t.Run("every query of the dashboards has data", s.testDashboards)
	t.Run("every link between data sources has data", s.testLinks)
}

func (s *scene) testCounts(t *testing.T) {
	if got := names(s.ledgers); len(s.ledgers) != 3 {
		t.Fatalf("ledgers of %s", got)
	}
	for name, l := range s.ledgers {
		a := l.Statistics.AsyncLogging
		t.Logf("%s: %d logged, %d exported, %d to the fallback, %d dropped %v",
			name, a.Logged, a.Exported, a.Fallback, a.Total, a.Dropped)
		if name != "asynclog-flood" && (a.Exported != a.Logged || a.Exported == 0) {
			t.Errorf("%s lost records", name)
		}
	}
	if a := s.ledgers["asynclog-flood"].Statistics.AsyncLogging; a.Total == 0 {
		t.Error("the flood has dropped nothing, so that nothing is known about drops")
	}
	var held map[string]uint64
	defer func() { t.Logf("Loki holds %v", held) }()
	eventually(t, arrivalTime, func() error {
		var err error
		if held, err = s.held(s.period); err != nil {
			return err
		}
		return s.compare(held)
	})
	// And no more come.
	time.Sleep(2 * time.Second)
	held, err := s.held(s.period)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.compare(held); err != nil {
		t.Error(err)
	}
}

// held returns how many records Loki has of each service.
func (s *stack) held(p period) (map[string]uint64, error) {
	now := time.Now()
	within := period{p.start, now}.length()
	r, err := s.lokiInstant(`sum by (service_name) (count_over_time({service_name=~".+"}[`+within+`]))`, now)
	if err != nil {
		return nil, err
	}
	held := map[string]uint64{}
	for _, one := range r.Series {
		held[one.Metric["service_name"]] = uint64(one.Values[0])
	}
	return held, nil
}

func (s *scene) compare(held map[string]uint64) error {
	want := map[string]uint64{}
	for name, l := range s.ledgers {
		want[name] = l.Statistics.AsyncLogging.Exported
	}
	if !maps.Equal(held, want) {
		return fmt.Errorf("Loki holds %v, the ledgers call %v exported", held, want)
	}
	return nil
}

func (s *scene) testTrace(t *testing.T) {
	id := s.load.Slowest.CorrelationID
	// As a person would: with the correlation ID, who does not know the trace.
	var spans []span
	eventually(t, arrivalTime, func() error {
		found, err := s.search("asynclog-front", "correlation.id="+id, 20, period{s.period.start, time.Now()})
		if err != nil {
			return err
		}
		if len(found) != 1 {
			return fmt.Errorf("%d traces with the correlation ID %s", len(found), id)
		}
		spans = slices.Collect(maps.Values(found))[0]
		if len(spans) < 8 {
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

func (s *scene) testLogs(t *testing.T) {
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

func (s *scene) testFailure(t *testing.T) {
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
	spans, err := s.trace(l.Labels["trace_id"])
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, sp := range spans {
		if sp.Tags["error.type"] == "text_invalid" {
			failed++
		}
	}
	if failed != 2 { // prompt and prompt.intercept
		t.Errorf("%d of %d spans have failed, want 2", failed, len(spans))
	}
}

func (s *scene) testMetrics(t *testing.T) {
	at := s.period.end
	value := func(expr string) float64 {
		t.Helper()
		var r result
		eventually(t, arrivalTime, func() error {
			var err error
			if r, err = s.promInstant(expr, at); err == nil && r.empty() {
				err = errors.New("no data: " + expr)
			}
			return err
		})
		return r.sum()
	}
	equal := func(expr string, want uint64) {
		t.Helper()
		if got := value(expr); got != float64(want) {
			t.Errorf("%s is %v, want %d", expr, got, want)
		}
	}
	equal(`asynclog_operation_duration_seconds_count{service_name="asynclog-front", operation_name="prompt", error_type=""}`,
		s.load.Statuses["200"])
	equal(`asynclog_operation_duration_seconds_count{service_name="asynclog-front", operation_name="prompt", error_type="text_invalid"}`,
		s.load.Statuses["422"])
	equal(`asynclog_operation_duration_seconds_count{service_name="asynclog-worker", operation_name="text.compress"}`,
		s.load.Statuses["200"])
	// The last metrics of a process have its ledger's last figures.
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

// Every exemplar of an operation has a trace that Jaeger knows, of an operation that
// took as long as the exemplar says.
func (s *scene) testExemplars(t *testing.T) {
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
		if i < 0 || math.Abs(spans[i].Duration.Seconds()-e.Value) > 2e-6 { // Jaeger has µs
			t.Errorf("an exemplar of %vs leads to %+v", e.Value, spans)
		}
	}
}

// variables are what a person has chosen in a dashboard.
func (s *scene) variables() map[string]string {
	return map[string]string{
		"service":         ".+", // all
		"operation":       ".+",
		"correlation_id":  s.load.Slowest.CorrelationID,
		"__rate_interval": "10s",
		"__auto":          "10s",
		"__range":         s.period.length(),
	}
}

func (s *scene) testDashboards(t *testing.T) {
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
				// A text box with no ID in it shows all IDs; the errors of one that succeeded are none.
				values := s.variables()
				if strings.Contains(q.Expr, `error_type!=""`) {
					values["correlation_id"] = ".*"
				}
				what := describe(file, p, q)
				// An expression may have data without its metrics, by "or vector(0)".
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

// metricName finds the metrics of an expression: what has matchers, or a range.
var metricName = regexp.MustCompile(`(\w+)[{\[]`)

// wantVariable checks a label_values(metric, label) of Grafana's.
func (s *scene) wantVariable(t *testing.T, what, definition string) {
	t.Helper()
	inner, ok := strings.CutPrefix(definition, "label_values(")
	inner, ok2 := strings.CutSuffix(inner, ")")
	i := strings.LastIndex(inner, ", ")
	if !ok || !ok2 || i < 0 {
		t.Errorf("%s: %q is no label_values(metric, label)", what, definition)
		return
	}
	expr, label := substitute(inner[:i], s.variables()), inner[i+2:]
	r, err := s.promInstant("group by ("+label+") ("+expr+")", s.period.end)
	if err != nil || len(r.Series) < 2 {
		t.Errorf("%s: %d values, %v", what, len(r.Series), err)
	}
}

func (s *scene) wantData(t *testing.T, what string, q *target, values map[string]string) {
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
		t.Errorf("%s: nobody knows how to ask %+v", what, q)
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

// testLinks follows what the data sources offer at a span and at a log line.
func (s *scene) testLinks(t *testing.T) {
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
