package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// period is the time range of queries.
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

// exemplar is an exemplar in Prometheus.
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

// metricNames returns the names of all metrics in Prometheus.
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
