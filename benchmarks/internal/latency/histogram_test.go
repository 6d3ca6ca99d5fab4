package latency

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestSummary compares the histogram with sorted durations.
func TestSummary(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	a, b := NewHistogram(), NewHistogram()
	var all []float64
	sum := 0.0
	for i := range 100_000 {
		d := time.Duration(math.Exp(random.NormFloat64()*2 + 6)) // about 400 ns, with a long tail
		h := a
		if i%3 == 0 {
			h = b
		}
		h.Record(d)
		all = append(all, float64(d))
		sum += float64(d)
	}
	a.Merge(b)
	slices.Sort(all)
	s := a.Summary()
	if s.Count != int64(len(all)) {
		t.Errorf("%d durations, want %d", s.Count, len(all))
	}
	for name, f := range map[string][2]float64{
		"mean":  {s.Mean, sum / float64(len(all))},
		"p50":   {s.P50, all[len(all)/2]},
		"p99":   {s.P99, all[len(all)*99/100]},
		"p99.9": {s.P999, all[len(all)*999/1000]},
		"max":   {s.Max, all[len(all)-1]},
	} {
		if math.Abs(f[0]-f[1]) > 0.02*f[1]+1 {
			t.Errorf("%s is %.0f, want %.0f", name, f[0], f[1])
		}
	}
}

// TestBounds: every duration is counted, however long or short.
func TestBounds(t *testing.T) {
	h := NewHistogram()
	h.Record(-time.Second)
	h.Record(0)
	h.Record(time.Hour)
	if s := h.Summary(); s.Count != 3 || s.Max < float64(longest)*0.99 {
		t.Errorf("%+v", s)
	}
}

func TestOverhead(t *testing.T) {
	if d := Overhead(); d <= 0 || d > 100*time.Microsecond {
		t.Errorf("measuring a call takes %v", d)
	}
}
