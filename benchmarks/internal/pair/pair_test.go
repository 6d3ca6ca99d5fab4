package pair

import (
	"math"
	"testing"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

func calls(perCall ...float64) []*trial.Result {
	var out []*trial.Result
	for _, f := range perCall {
		out = append(out, &trial.Result{PerCall: f})
	}
	return out
}

// TestRatio: the median of the ratios of neighbours, not the ratio of medians.
func TestRatio(t *testing.T) {
	r := Runs{"own": calls(1, 10, 3), "rival": calls(10, 20, 3)}
	if got := r.Ratio("own", "rival", PerCall); got != (Spread{Median: 0.5, Min: 0.1, Max: 1, N: 3}) {
		t.Errorf("%+v", got)
	}
	if got := r.Of("own", PerCall); got != (Spread{Median: 3, Min: 1, Max: 10, N: 3}) {
		t.Errorf("%+v", got)
	}
}

// TestFailed: a trial that failed has no figure, and does not affect others.
func TestFailed(t *testing.T) {
	r := Runs{"own": calls(1, 2, 4), "rival": calls(2, 2, 0)}
	r["rival"][0] = nil
	if got := r.Ratio("own", "rival", PerCall); got != (Spread{Median: 1, Min: 1, Max: 1, N: 1}) {
		t.Errorf("%+v", got)
	}
	r["rival"] = []*trial.Result{nil, nil, nil}
	for _, got := range []Spread{r.Of("rival", PerCall), r.Ratio("own", "rival", PerCall), r.Of("unknown", PerCall)} {
		if got.N != 0 || !math.IsNaN(got.Median) || !math.IsNaN(got.Min) || !math.IsNaN(got.Max) {
			t.Errorf("%+v", got)
		}
	}
}

func TestMedianOfEven(t *testing.T) {
	r := Runs{"own": calls(4, 1, 3, 2)}
	if got := r.Of("own", PerCall); got.Median != 2.5 {
		t.Errorf("%+v", got)
	}
}

func TestValues(t *testing.T) {
	r := &trial.Result{Calls: 200, Acked: 100, PerCall: 50, Calling: 1e9, Elapsed: 2e9, CPU: 1e6, Allocs: 300, Bytes: 5000}
	for name, v := range map[string]struct {
		value Value
		want  float64
	}{
		"Lost": {Lost, 0.5}, "Called": {Called, 200}, "Arrived": {Arrived, 50}, "CPU": {CPU, 1e4},
		"Allocs": {Allocs, 3}, "Bytes": {Bytes, 50}, "PerSecond": {PerSecond, 2e7}, "Count": {Count, 200},
	} {
		if got := v.value(r); got != v.want {
			t.Errorf("%s = %g, want %g", name, got, v.want)
		}
	}
	if lost := Lost(&trial.Result{}); lost != 0 {
		t.Errorf("without calls %g are lost", lost)
	}
}
