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
		"through their own API. asynclog and the SDK hand structured records to an exporter, while the others write JSON, so the figures are not\n"+
		"directly comparable. The cost of the later work on a record is in *Processor time a record*.\n")
	bars := newBars("p99.9 of a log call from 8 goroutines", "µs", true)
	for _, latency := range []time.Duration{0, time.Millisecond} {
		fmt.Fprintf(w, "\n%s:\n\n", sinkTitle(latency, "each batch, or each write"))
		t := newGroupedTable([]string{"goroutines"}, append(quantiles(),
			median("lost", pair.Lost, percent), toOther("mean", pair.PerCall), toOther("p99.9", pair.P999)))
		for _, g := range callCounts {
			runs, err := r.logCalls(ctx, g, latency)
			if err != nil {
				return err
			}
			r.mustArrive(runs, pairNames)
			t.addRuns(runs, callNames, strconv.Itoa(g))
			if g == 8 {
				for _, name := range callNames {
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
	fmt.Fprintf(w, "\nA sink that accepts nothing for %v, with the queue of %s records full for half of that time. Callers that wait for the sink are released at\n"+
		"the end. Only calls that returned in the second half are counted.\n\n", d, count(defaultQueue))
	t := newGroupedTable([]string{"goroutines"}, []column{
		median("calls", func(r *trial.Result) float64 { return float64(r.Latency.Count) }, count),
		median("p50", pair.P50, duration),
		median("p99.9", pair.P999, duration),
		longest("max", pair.Max),
		median("lost", pair.Lost, percent),
	})
	for _, g := range callCounts {
		runs, err := r.run(ctx, callNames, r.Plan.Turns, trial.Spec{
			Kind: trial.Blocked, Level: contender.LogCall, Goroutines: g, Queue: defaultQueue, Duration: d,
		}, nil)
		if err != nil {
			return err
		}
		t.addRuns(runs, callNames, strconv.Itoa(g))
	}
	fmt.Fprint(w, t)
	return nil
}

func sinkLabel(latency time.Duration) string {
	if latency == 0 {
		return "fast sink"
	}
	return fmt.Sprintf("%v sink", latency)
}
