package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// series is one series of a result of Prometheus or Loki: its labels and its values. An
// instant query has one value.
type series struct {
	Metric map[string]string
	Values []float64 // without NaN
}

// result is the data of a response of Prometheus or Loki.
type result struct {
	Type   string
	Series []series
	Lines  []line // log lines of Loki, in the order of time
}

// empty reports whether a panel would show "No data".
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

// line is a log line. Its labels are those of the stream and the structured metadata, which
// Loki returns together.
type line struct {
	Time   time.Time
	Labels map[string]string
	Text   string
}

// query sends a query to Prometheus or Loki. Their responses have the same form.
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
