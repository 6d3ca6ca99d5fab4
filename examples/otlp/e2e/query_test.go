package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// series is one series of a result, of Prometheus or Loki: its labels, and its values,
// of which an instant query has one.
type series struct {
	Metric map[string]string
	Values []float64 // none of them NaN
}

// result is the data of an answer of either.
type result struct {
	Type   string
	Series []series
	Lines  []line // Loki's log lines, in their order
}

// empty tells whether a panel would say "No data".
func (r *result) empty() bool {
	for _, s := range r.Series {
		if len(s.Values) > 0 {
			return false
		}
	}
	return len(r.Lines) == 0
}

// sum adds up the series' last values.
func (r *result) sum() float64 {
	var sum float64
	for _, s := range r.Series {
		if len(s.Values) > 0 {
			sum += s.Values[len(s.Values)-1]
		}
	}
	return sum
}

// line is a log line. Its labels are those of the stream and, as Loki mixes them, the
// structured metadata.
type line struct {
	Time   time.Time
	Labels map[string]string
	Text   string
}

// query asks Prometheus or Loki. Their answers have the same form.
func query(endpoint string, values url.Values) (result, error) {
	body, err := get(endpoint + "?" + values.Encode())
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", values.Get("query"), err)
	}
	var answer struct {
		Data struct {
			ResultType string            `json:"resultType"`
			Result     []json.RawMessage `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return result{}, err
	}
	r := result{Type: answer.Data.ResultType}
	for _, raw := range answer.Data.Result {
		if err := r.add(raw); err != nil {
			return result{}, fmt.Errorf("%s: %w: %.400s", values.Get("query"), err, raw)
		}
	}
	slices.SortStableFunc(r.Lines, func(a, b line) int { return a.Time.Compare(b.Time) })
	return r, nil
}

func (r *result) add(raw json.RawMessage) error {
	var s struct {
		Metric map[string]string    `json:"metric"`
		Value  [2]json.RawMessage   `json:"value"`
		Values [][2]json.RawMessage `json:"values"`
		Stream map[string]string    `json:"stream"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	if r.Type == "streams" {
		for _, v := range s.Values {
			var nanos, text string
			if err := cmp.Or(json.Unmarshal(v[0], &nanos), json.Unmarshal(v[1], &text)); err != nil {
				return err
			}
			n, err := strconv.ParseInt(nanos, 10, 64)
			if err != nil {
				return err
			}
			r.Lines = append(r.Lines, line{Time: time.Unix(0, n), Labels: s.Stream, Text: text})
		}
		return nil
	}
	if r.Type == "vector" {
		s.Values = [][2]json.RawMessage{s.Value}
	}
	found := series{Metric: s.Metric}
	for _, v := range s.Values {
		var text string
		if err := json.Unmarshal(v[1], &text); err != nil {
			return err
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		if !math.IsNaN(value) {
			found.Values = append(found.Values, value)
		}
	}
	r.Series = append(r.Series, found)
	return nil
}

// span of time that queries look at.
type period struct{ start, end time.Time }

func (p period) length() string { return fmt.Sprintf("%ds", int(p.end.Sub(p.start).Seconds())+1) }

func seconds(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }
func nanos(t time.Time) string   { return strconv.FormatInt(t.UnixNano(), 10) }

func (s *stack) promInstant(expr string, at time.Time) (result, error) {
	return query(s.url("prometheus")+"/api/v1/query", url.Values{"query": {expr}, "time": {seconds(at)}})
}

func (s *stack) promRange(expr string, p period) (result, error) {
	return query(s.url("prometheus")+"/api/v1/query_range", url.Values{
		"query": {expr}, "start": {seconds(p.start)}, "end": {seconds(p.end)}, "step": {"1"},
	})
}

func (s *stack) lokiInstant(expr string, at time.Time) (result, error) {
	return query(s.url("loki")+"/loki/api/v1/query", url.Values{"query": {expr}, "time": {nanos(at)}, "limit": {"5000"}})
}

func (s *stack) lokiRange(expr string, p period) (result, error) {
	return query(s.url("loki")+"/loki/api/v1/query_range", url.Values{
		"query": {expr}, "start": {nanos(p.start)}, "end": {nanos(p.end)}, "step": {"2s"},
		"limit": {"5000"}, "direction": {"forward"},
	})
}

// exemplar is one that Prometheus has stored.
type exemplar struct {
	Series  map[string]string
	TraceID string
	Value   float64
}

func (s *stack) exemplars(expr string, p period) ([]exemplar, error) {
	body, err := get(s.url("prometheus") + "/api/v1/query_exemplars?" + url.Values{
		"query": {expr}, "start": {seconds(p.start)}, "end": {seconds(p.end)},
	}.Encode())
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data []struct {
			SeriesLabels map[string]string `json:"seriesLabels"`
			Exemplars    []struct {
				Labels map[string]string `json:"labels"`
				Value  string            `json:"value"`
			} `json:"exemplars"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	var found []exemplar
	for _, d := range answer.Data {
		for _, e := range d.Exemplars {
			value, err := strconv.ParseFloat(e.Value, 64)
			if err != nil {
				return nil, err
			}
			found = append(found, exemplar{Series: d.SeriesLabels, TraceID: e.Labels["trace_id"], Value: value})
		}
	}
	return found, nil
}

// metricNames returns the names of all metrics that Prometheus has.
func (s *stack) metricNames() (map[string]bool, error) {
	body, err := get(s.url("prometheus") + "/api/v1/label/__name__/values")
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data []string `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, name := range answer.Data {
		found[name] = true
	}
	return found, nil
}

// span is one of Jaeger's, with its tags and those of its process.
type span struct {
	TraceID   string
	ID        string
	Parent    string // "" for the first
	Start     time.Time
	Operation string
	Service   string
	Duration  time.Duration
	Tags      map[string]string
}

// traces asks Jaeger: for one trace with path "traces/<id>", for several with a search.
func (s *stack) traces(path string) (map[string][]span, error) {
	body, err := get(s.url("jaeger") + "/api/" + path)
	if err != nil {
		return nil, err
	}
	type tag struct {
		Key   string `json:"key"`
		Value any    `json:"value"`
	}
	var answer struct {
		Data []struct {
			TraceID string `json:"traceID"`
			Spans   []struct {
				ID         string `json:"spanID"`
				Start      int64  `json:"startTime"` // µs
				References []struct {
					Type string `json:"refType"`
					ID   string `json:"spanID"`
				} `json:"references"`
				Operation string `json:"operationName"`
				Process   string `json:"processID"`
				Duration  int64  `json:"duration"` // µs
				Tags      []tag  `json:"tags"`
			} `json:"spans"`
			Processes map[string]struct {
				Service string `json:"serviceName"`
			} `json:"processes"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	found := map[string][]span{}
	for _, trace := range answer.Data {
		for _, sp := range trace.Spans {
			tags := map[string]string{}
			for _, t := range sp.Tags {
				tags[t.Key] = fmt.Sprint(t.Value)
			}
			parent := ""
			for _, ref := range sp.References {
				if ref.Type == "CHILD_OF" {
					parent = ref.ID
				}
			}
			found[trace.TraceID] = append(found[trace.TraceID], span{
				TraceID: trace.TraceID, ID: sp.ID, Parent: parent, Start: time.UnixMicro(sp.Start), Operation: sp.Operation, Service: trace.Processes[sp.Process].Service,
				Duration: time.Duration(sp.Duration) * time.Microsecond, Tags: tags,
			})
		}
	}
	return found, nil
}

// trace returns the spans of one trace.
func (s *stack) trace(id string) ([]span, error) {
	found, err := s.traces("traces/" + id)
	return found[id], err
}

// search finds traces as Grafana's data source does for a panel. Tags are in Jaeger's
// form: key=value.
func (s *stack) search(service, tags string, limit int, p period) (map[string][]span, error) {
	key, value, _ := strings.Cut(tags, "=")
	asJSON, err := json.Marshal(map[string]string{key: value})
	if err != nil {
		return nil, err
	}
	return s.traces("traces?" + url.Values{
		"service": {service}, "tags": {string(asJSON)}, "limit": {strconv.Itoa(limit)}, "lookback": {"custom"},
		"start": {strconv.FormatInt(p.start.UnixMicro(), 10)}, "end": {strconv.FormatInt(p.end.UnixMicro(), 10)},
	}.Encode())
}
