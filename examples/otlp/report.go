package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/krunchwrapper/asynclog/metrics"
)

// request is a request that a report names.
type request struct {
	CorrelationID string  `json:"correlation_id"`
	TraceID       string  `json:"trace_id"`
	Bytes         int     `json:"bytes"`
	Seconds       float64 `json:"seconds"`
}

// report holds the results of the requests so far. Its IDs can be looked up in Grafana and
// Jaeger.
type report struct {
	mu      sync.Mutex
	started time.Time

	Requests   uint64         `json:"requests"`
	Skipped    uint64         `json:"skipped"` // because -concurrency requests were running
	Statuses   map[int]uint64 `json:"statuses"`
	Unexpected uint64         `json:"unexpected"`
	LastError  string         `json:"last_error,omitempty"`
	Slowest    request        `json:"slowest"`
	Refused    request        `json:"refused"` // the last one whose text was invalid
	Seconds    float64        `json:"seconds"`
	P50        float64        `json:"p50_seconds"` // of the most recent requests
	P99        float64        `json:"p99_seconds"`
}

// skip counts a request that was not sent.
func (r *report) skip() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Skipped++
}

// add counts a request and its answer.
func (r *report) add(id string, status int, took time.Duration, ans *answer, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Requests++
	if status != 0 {
		r.Statuses[status]++
	}
	if err != nil {
		r.Unexpected++
		r.LastError = err.Error()
		return
	}
	q := request{CorrelationID: id, TraceID: ans.TraceID, Bytes: ans.Bytes, Seconds: took.Seconds()}
	if q.Seconds > r.Slowest.Seconds {
		r.Slowest = q
	}
	if ans.Error != "" {
		r.Refused = q
	}
}

// snapshot returns a copy that does not change any more.
func (r *report) snapshot(m *metrics.Monitor) *report {
	s := m.Stats()[promptOperation]
	r.mu.Lock()
	defer r.mu.Unlock()
	return &report{
		Requests: r.Requests, Skipped: r.Skipped, Statuses: maps.Clone(r.Statuses),
		Unexpected: r.Unexpected, LastError: r.LastError,
		Slowest: r.Slowest, Refused: r.Refused,
		Seconds: time.Since(r.started).Seconds(), P50: s.P50.Seconds(), P99: s.P99.Seconds(),
	}
}

// String returns the report as one line.
func (r *report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %.1fs", plural(r.Requests, "request"), r.Seconds)
	for _, status := range slices.Sorted(maps.Keys(r.Statuses)) {
		fmt.Fprintf(&b, ", %d of status %d", r.Statuses[status], status)
	}
	if r.Skipped > 0 {
		fmt.Fprintf(&b, ", %d skipped", r.Skipped)
	}
	fmt.Fprintf(&b, "; p50 %.3fs, p99 %.3fs", r.P50, r.P99)
	if r.Slowest.CorrelationID != "" {
		fmt.Fprintf(&b, "; slowest %.3fs: correlation ID %s, trace %s",
			r.Slowest.Seconds, r.Slowest.CorrelationID, r.Slowest.TraceID)
	}
	if r.LastError != "" {
		fmt.Fprintf(&b, "; %d unexpected, the last: %s", r.Unexpected, r.LastError)
	}
	return b.String()
}

// plural returns a count with its noun, such as "1 request" or "2 requests".
func plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
