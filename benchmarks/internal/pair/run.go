package pair

import (
	"context"
	"slices"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

// Run measures the contenders in turns, each the given number of times: A B, B A, A B, …
// The spec is the same for all except for the contender's name, unless vary changes it.
// Run reports the error of a trial to failed and tries once more. It does not try a
// contender again that failed twice in a row.
func Run(ctx context.Context, names []string, times int, spec trial.Spec, vary func(name string, s *trial.Spec), failed func(error)) (Runs, error) {
	runs, gaveUp := make(Runs), make(map[string]bool)
	order := slices.Clone(names)
	for range times {
		for _, name := range order {
			s := spec
			s.Impl = name
			if vary != nil {
				vary(name, &s)
			}
			var result *trial.Result
			for tries := 0; tries < 2 && result == nil && !gaveUp[name]; tries++ {
				var err error
				if result, err = trial.Spawn(ctx, &s); err != nil {
					if ctx.Err() != nil {
						return nil, ctx.Err()
					}
					failed(err)
				}
			}
			gaveUp[name] = result == nil
			runs[name] = append(runs[name], result)
		}
		slices.Reverse(order)
	}
	return runs, nil
}
