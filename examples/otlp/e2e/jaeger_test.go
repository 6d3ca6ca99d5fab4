package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// span is a span in Jaeger, with its tags and those of its process.
type span struct {
	TraceID   string
	ID        string
	Parent    string // "" for the root
	Start     time.Time
	Operation string
	Service   string
	Duration  time.Duration
	Tags      map[string]string
}

// traces queries Jaeger: for one trace with the path "traces/<id>", for several with a search.
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

// search finds traces as Grafana's data source does for a panel. Tags have Jaeger's form
// key=value.
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
