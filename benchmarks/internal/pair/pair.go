package pair

import (
	"math"
	"slices"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

// Runs are the results of contenders by name, each in order. Results with the same index
// were measured one after the other. A nil result is that of a trial that failed.
type Runs map[string][]*trial.Result

// Value reads one figure from a result.
type Value func(*trial.Result) float64

// Spread is the median, the smallest and the largest of N figures. All are NaN if there
// are no figures.
type Spread struct {
	Median, Min, Max float64
	N                int
}

// Of returns the spread of a contender's figures.
func (r Runs) Of(name string, v Value) Spread {
	var figures []float64
	for _, result := range r[name] {
		if result != nil {
			figures = append(figures, v(result))
		}
	}
	return SpreadOf(figures)
}

// Ratio returns the spread of the ratios of one contender's figures to another's.
func (r Runs) Ratio(name, rival string, v Value) Spread {
	var ratios []float64
	for i, result := range r[name] {
		if i < len(r[rival]) && result != nil && r[rival][i] != nil {
			ratios = append(ratios, v(result)/v(r[rival][i]))
		}
	}
	return SpreadOf(ratios)
}

// SpreadOf returns the spread of figures. Those that are no number, or infinite, are
// left out.
func SpreadOf(figures []float64) Spread {
	figures = slices.DeleteFunc(figures, func(f float64) bool { return math.IsNaN(f) || math.IsInf(f, 0) })
	n := len(figures)
	if n == 0 {
		return Spread{Median: math.NaN(), Min: math.NaN(), Max: math.NaN()}
	}
	slices.Sort(figures)
	return Spread{
		Median: (figures[(n-1)/2] + figures[n/2]) / 2,
		Min:    figures[0],
		Max:    figures[n-1],
		N:      n,
	}
}
