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

var callCounts = []int{1, 8, 64}

func (r *report) logCalls(ctx context.Context, goroutines int, latency time.Duration) (pair.Runs, error) {
	return r.run(ctx, callNames, r.Plan.Turns, trial.Spec{
		Kind: trial.Calls, Level: contender.LogCall, Goroutines: goroutines, Queue: ampleQueue,
		Duration: r.Plan.Trial, Latency: latency,
	}, nil)
}

func logCalls(ctx context.Context, r *report, w *strings.Builder) error {
	fmt.Fprint(w, "A whole log call with five fields, as a program makes it: for asynclog and the SDK through slog and a logger provider, for the others\n"+
		"through their own API. asynclog and the SDK hand structured records to an exporter, the others write JSON, so they are\n"+
		"neighbours, not rivals: what is done with a record later is in *Processor time a record*.\n")
	bars := newBars("p99.9 of a log call from 8 goroutines", "µs", true)
	for _, latency := range []time.Duration{0, time.Millisecond} {
		fmt.Fprintf(w, "\n%s:\n\n", callSinkTitle(latency))
		t := newTable("goroutines", "", "mean", "p50", "p99", "p99.9", "max", "lost", "mean: asynclog to it", "p99.9: asynclog to it")
		for _, g := range callCounts {
			runs, err := r.logCalls(ctx, g, latency)
			if err != nil {
				return err
			}
			r.mustArrive(runs, pairNames)
			first := strconv.Itoa(g)
			for _, name := range callNames {
				t.add(first, titles[name],
					duration(runs.Of(name, pair.PerCall).Median),
					duration(runs.Of(name, pair.P50).Median),
					duration(runs.Of(name, pair.P99).Median),
					duration(runs.Of(name, pair.P999).Median),
					duration(runs.Of(name, pair.Max).Max),
					percent(runs.Of(name, pair.Lost).Median),
					toIt(runs, name, pair.PerCall), toIt(runs, name, pair.P999))
				first = ""
				if g == 8 {
					bars.add(name, sinkLabel(latency), runs.Of(name, pair.P999).Median/1e3)
				}
			}
		}
		fmt.Fprint(w, t)
	}
	if err := r.plot(w, "logcall", bars); err != nil {
		return err
	}
	return r.blockedCalls(ctx, w)
}

func (r *report) blockedCalls(ctx context.Context, w *strings.Builder) error {
	d := r.Plan.Trial / 2
	fmt.Fprintf(w, "\nA sink that takes nothing for %v, with the queue of %s records full for half of that. Who waits for it is released at the end. Calls are\n"+
		"those that returned in the second half.\n\n", d, count(defaultQueue))
	t := newTable("goroutines", "", "calls", "p50", "p99.9", "max", "lost")
	for _, g := range callCounts {
		runs, err := r.run(ctx, callNames, r.Plan.Turns, trial.Spec{
			Kind: trial.Blocked, Level: contender.LogCall, Goroutines: g, Queue: defaultQueue, Duration: d,
		}, nil)
		if err != nil {
			return err
		}
		first := strconv.Itoa(g)
		for _, name := range callNames {
			t.add(first, titles[name],
				count(runs.Of(name, func(r *trial.Result) float64 { return float64(r.Latency.Count) }).Median),
				duration(runs.Of(name, pair.P50).Median),
				duration(runs.Of(name, pair.P999).Median),
				duration(runs.Of(name, pair.Max).Max),
				percent(runs.Of(name, pair.Lost).Median))
			first = ""
		}
	}
	fmt.Fprint(w, t)
	return nil
}

// toIt writes the ratio of asynclog to a contender.
func toIt(runs pair.Runs, name string, v pair.Value) string {
	if name == contender.Asynclog {
		return ""
	}
	return ratio(runs.Ratio(contender.Asynclog, name, v))
}

func callSinkTitle(latency time.Duration) string {
	if latency == 0 {
		return "A sink that takes everything at once"
	}
	return fmt.Sprintf("A sink that takes %v for each batch, or each write", latency)
}

func sinkLabel(latency time.Duration) string {
	if latency == 0 {
		return "fast sink"
	}
	return fmt.Sprintf("%v sink", latency)
}
