package latency

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// longest is the upper bound of durations. Longer ones count as longest.
	longest = time.Minute
	// digits is how many digits of a duration are kept: errors are at most 1 %.
	digits = 2
)

// Histogram counts durations in fixed buckets, so that recording one takes a few
// nanoseconds however many there are. It is for one goroutine. [Histogram.Merge] joins
// the histograms of several goroutines.
type Histogram struct{ h *hdrhistogram.Histogram }

// NewHistogram returns an empty histogram.
func NewHistogram() *Histogram {
	return &Histogram{hdrhistogram.New(1, int64(longest), digits)}
}

// Record adds a duration. One longer than a minute counts as a minute.
func (h *Histogram) Record(d time.Duration) {
	_ = h.h.RecordValue(int64(max(0, min(d, longest)))) // within the bounds it cannot fail
}

// Merge adds the durations of another histogram.
func (h *Histogram) Merge(other *Histogram) { h.h.Merge(other.h) }

// Summary has the figures of a histogram. Durations are in nanoseconds.
type Summary struct {
	Count                     int64
	Mean, P50, P99, P999, Max float64
}

// Summary computes the figures. Quantiles are the upper ends of their buckets.
func (h *Histogram) Summary() Summary {
	return Summary{
		Count: h.h.TotalCount(),
		Mean:  h.h.Mean(),
		P50:   float64(h.h.ValueAtQuantile(50)),
		P99:   float64(h.h.ValueAtQuantile(99)),
		P999:  float64(h.h.ValueAtQuantile(99.9)),
		Max:   float64(h.h.Max()),
	}
}
