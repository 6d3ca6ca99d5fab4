package report

import (
	"context"
	"fmt"
	"strings"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/pair"
)

// bounds compares asynclog with its required ratios to the SDK's batch processor.
func bounds(ctx context.Context, r *report, w *strings.Builder) error {
	fmt.Fprint(w, "Ratios of asynclog to the SDK's batch processor. Both have the same queue size, batch size and exporter.\n\n")
	t := newTable("", "at most", "measured", "")
	row := func(what string, bound float64, s pair.Spread) {
		verdict := "not met"
		if s.Median <= bound {
			verdict = "met"
		}
		t.add(what, twoDigits(bound), ratio(s), verdict)
	}
	for _, b := range []struct {
		goroutines int
		bound      float64
	}{{1, 0.3}, {32, 0.4}} {
		runs, err := r.handOvers(ctx, b.goroutines, 0)
		if err != nil {
			return err
		}
		row("mean of a hand-over, "+goroutines(b.goroutines), b.bound, runs.Ratio(contender.Asynclog, contender.SDK, pair.PerCall))
	}
	for _, n := range []int{8, 64} {
		runs, err := r.handOvers(ctx, n, 0)
		if err != nil {
			return err
		}
		row("p99.9 of a hand-over, "+goroutines(n), 0.1, runs.Ratio(contender.Asynclog, contender.SDK, pair.P999))
	}
	for _, n := range []int{1, 8} {
		runs, err := r.fullQueue(ctx, n)
		if err != nil {
			return err
		}
		row("mean of displacing the oldest of a full queue, "+goroutines(n), 1, runs.Ratio(contender.AsynclogOldest, contender.SDK, pair.PerCall))
	}
	runs, err := r.onWire(ctx)
	if err != nil {
		return err
	}
	row("processor time a record, log call to the wire", 1, runs.Ratio(contender.Asynclog, contender.SDK, pair.CPU))
	fmt.Fprint(w, t)
	return nil
}

func goroutines(n int) string {
	if n == 1 {
		return "1 goroutine"
	}
	return fmt.Sprintf("%d goroutines", n)
}
