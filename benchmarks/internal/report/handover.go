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

// handOverCounts are the numbers of goroutines.
var handOverCounts = []int{1, 8, 32, 64}

// handOvers measures the hand-over without drops.
func (r *report) handOvers(ctx context.Context, goroutines int, latency time.Duration) (pair.Runs, error) {
	return r.run(ctx, pairNames, r.Plan.Pairs, trial.Spec{
		Kind: trial.Calls, Level: contender.HandOver, Goroutines: goroutines, Queue: ampleQueue,
		Duration: r.Plan.Trial, Latency: latency,
	}, nil)
}

// fullQueue measures the hand-over to a full queue from which nothing leaves.
func (r *report) fullQueue(ctx context.Context, goroutines int) (pair.Runs, error) {
	return r.run(ctx, append([]string{contender.AsynclogOldest}, pairNames...), r.Plan.Pairs, trial.Spec{
		Kind: trial.Blocked, Level: contender.HandOver, Goroutines: goroutines, Queue: defaultQueue,
		Duration: r.Plan.Trial / 2,
	}, nil)
}

func handOver(ctx context.Context, r *report, w *strings.Builder) error {
	fmt.Fprint(w, "`OnEmit` of a record with five attributes, and nothing else. No record is lost: it is an error if one is.\n"+
		"The mean is time passed by calls made, of the median of many rounds of half a queue, without a clock between the calls; quantiles are of calls\n"+
		"that go on without an end, as fast as records are delivered, and include the clock's cost. The maximum is of all runs.\n")
	tails := newLines("p99.9 of a hand-over, no record lost", "goroutines", "µs")
	for _, latency := range []time.Duration{0, time.Millisecond} {
		fmt.Fprintf(w, "\n%s:\n\n", sinkTitle(latency))
		t := newTable("goroutines", "", "mean", "p50", "p99", "p99.9", "max")
		for _, g := range handOverCounts {
			runs, err := r.handOvers(ctx, g, latency)
			if err != nil {
				return err
			}
			r.mustArrive(runs, pairNames)
			addQuantiles(t, runs, strconv.Itoa(g), pairNames, pair.PerCall)
			t.add("", "ratio",
				ratio(runs.Ratio(contender.Asynclog, contender.SDK, pair.PerCall)),
				ratio(runs.Ratio(contender.Asynclog, contender.SDK, pair.P50)),
				ratio(runs.Ratio(contender.Asynclog, contender.SDK, pair.P99)),
				ratio(runs.Ratio(contender.Asynclog, contender.SDK, pair.P999)), "")
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

	fmt.Fprintf(w, "\nA full queue of %s records, from which nothing leaves. asynclog turns the newcomer away, or, with `DropOldest`, displaces the\n"+
		"oldest record, which is what the SDK does. The mean is time passed by calls made; all durations include the clock's cost.\n\n", count(defaultQueue))
	t := newTable("goroutines", "", "mean", "p50", "p99", "p99.9", "max")
	for _, g := range handOverCounts {
		runs, err := r.fullQueue(ctx, g)
		if err != nil {
			return err
		}
		names := []string{contender.Asynclog, contender.AsynclogOldest, contender.SDK}
		addQuantiles(t, runs, strconv.Itoa(g), names, pair.PerCall)
		t.add("", "ratio of `DropOldest`",
			ratio(runs.Ratio(contender.AsynclogOldest, contender.SDK, pair.PerCall)),
			ratio(runs.Ratio(contender.AsynclogOldest, contender.SDK, pair.P50)),
			ratio(runs.Ratio(contender.AsynclogOldest, contender.SDK, pair.P99)),
			ratio(runs.Ratio(contender.AsynclogOldest, contender.SDK, pair.P999)), "")
	}
	fmt.Fprint(w, t)
	return nil
}

// addQuantiles adds a row for each contender.
func addQuantiles(t *table, runs pair.Runs, first string, names []string, mean pair.Value) {
	for _, name := range names {
		t.add(first, titles[name],
			duration(runs.Of(name, mean).Median),
			duration(runs.Of(name, pair.P50).Median),
			duration(runs.Of(name, pair.P99).Median),
			duration(runs.Of(name, pair.P999).Median),
			duration(runs.Of(name, pair.Max).Max))
		first = ""
	}
}

// mustArrive takes a record that did not arrive, though there was room, for a failure.
func (r *report) mustArrive(runs pair.Runs, names []string) {
	for _, name := range names {
		if lost := runs.Of(name, pair.Lost); lost.Max > 0 {
			r.failures = append(r.failures, fmt.Sprintf("%s lost %s of the records, though there was room", name, percent(lost.Max)))
		}
	}
}

func sinkTitle(latency time.Duration) string {
	if latency == 0 {
		return "A sink that takes everything at once"
	}
	return fmt.Sprintf("A sink that takes %v for a batch", latency)
}
