package report

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/pair"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

// handOverCounts are the numbers of goroutines that are measured.
var handOverCounts = []int{1, 8, 32, 64}

// handOvers measures hand-overs without drops.
func (r *report) handOvers(ctx context.Context, goroutines int, latency time.Duration) (pair.Runs, error) {
	return r.run(ctx, pairNames, r.Plan.Pairs, trial.Spec{
		Kind: trial.Calls, Level: contender.HandOver, Goroutines: goroutines, Queue: ampleQueue,
		Duration: r.Plan.Trial, Latency: latency,
	}, nil)
}

// fullQueue measures hand-overs to a full queue from which nothing is exported.
func (r *report) fullQueue(ctx context.Context, goroutines int) (pair.Runs, error) {
	return r.run(ctx, append([]string{contender.AsynclogOldest}, pairNames...), r.Plan.Pairs, trial.Spec{
		Kind: trial.Blocked, Level: contender.HandOver, Goroutines: goroutines, Queue: defaultQueue,
		Duration: r.Plan.Trial / 2,
	}, nil)
}

func handOver(ctx context.Context, r *report, w *strings.Builder) error {
	fmt.Fprint(w, "Only `OnEmit`, of a record with five attributes. No record is lost: a lost record is an error.\n"+
		"The mean is the duration of the median of many rounds of half a queue, divided by its calls, without a clock between the calls. Quantiles are of\n"+
		"continuous calls, as fast as records are delivered, and include the clock's cost. The maximum is of all runs.\n")
	tails := newLines("p99.9 of a hand-over, no record lost", "goroutines", "µs")
	for _, latency := range []time.Duration{0, time.Millisecond} {
		fmt.Fprintf(w, "\n%s:\n\n", sinkTitle(latency, "a batch"))
		t := newGroupedTable([]string{"goroutines"}, quantiles())
		for _, g := range handOverCounts {
			runs, err := r.handOvers(ctx, g, latency)
			if err != nil {
				return err
			}
			r.mustArrive(runs, pairNames)
			t.addRuns(runs, pairNames, strconv.Itoa(g))
			t.add(ratios("ratio", runs, contender.Asynclog)...)
			if latency == 0 {
				for _, name := range pairNames {
					tails.add(titles[name], float64(g), runs.Of(name, pair.P999).Median/1e3)
				}
			}
		}
		fmt.Fprint(w, t)
	}
	if err := r.plot(w, "handover", tails); err != nil {
		return err
	}

	fmt.Fprintf(w, "\nA full queue of %s records, from which nothing is exported. asynclog refuses the new record, or, with `DropOldest`, displaces the\n"+
		"oldest record, as the SDK does. The mean is the duration divided by the calls. All durations include the clock's cost.\n\n", count(defaultQueue))
	t := newGroupedTable([]string{"goroutines"}, quantiles())
	for _, g := range handOverCounts {
		runs, err := r.fullQueue(ctx, g)
		if err != nil {
			return err
		}
		names := []string{contender.Asynclog, contender.AsynclogOldest, contender.SDK}
		t.addRuns(runs, names, strconv.Itoa(g))
		t.add(ratios("ratio of `DropOldest`", runs, contender.AsynclogOldest)...)
	}
	fmt.Fprint(w, t)
	return nil
}

// quantiles returns the columns of the durations of calls.
func quantiles() []column {
	return []column{
		median("mean", pair.PerCall, duration),
		median("p50", pair.P50, duration),
		median("p99", pair.P99, duration),
		median("p99.9", pair.P999, duration),
		longest("max", pair.Max),
	}
}

// ratios returns the row of the ratios of a contender to the SDK, below the columns of
// quantiles.
func ratios(label string, runs pair.Runs, name string) []string {
	row := []string{"", label}
	for _, v := range []pair.Value{pair.PerCall, pair.P50, pair.P99, pair.P999} {
		row = append(row, ratio(runs.Ratio(name, contender.SDK, v)))
	}
	return append(row, "")
}

// mustArrive records a failure for each contender that lost records although the queue
// had space for them.
func (r *report) mustArrive(runs pair.Runs, names []string) {
	for _, name := range names {
		if lost := runs.Of(name, pair.Lost); lost.Max > 0 {
			r.failures = append(r.failures, fmt.Sprintf("%s lost %s of the records, although the queue had space", name, percent(lost.Max)))
		}
	}
}

func sinkTitle(latency time.Duration, call string) string {
	if latency == 0 {
		return "A sink that accepts everything at once"
	}
	return fmt.Sprintf("A sink that takes %v for %s", latency, call)
}
