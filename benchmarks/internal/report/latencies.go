package report

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/pair"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

// offered is how many calls a second are due in trials of slow exporters.
const offered = 20_000

func latencies(ctx context.Context, r *report, w *strings.Builder) error {
	names := slices.Insert(slices.Clone(callNames), 1, eightExporters)
	fmt.Fprintf(w, "%s log calls a second are due from %d goroutines, with the default queue of %s records, while the sink takes longer and longer for each batch, or each\n"+
		"write. Who makes callers wait makes fewer calls than are due; who does not loses what does not fit. The SDK's processors have one\n"+
		"exporter; zerolog and phuslu are given the buffer of zap behind a slow sink, which their documentation does not mention.\n",
		count(offered), rateGoroutines, count(defaultQueue))
	arrived := newLines("Records that arrive of 20,000 a second", "export latency in ms, 0.1 for none", "records a second")
	for _, latency := range []time.Duration{0, time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond} {
		runs, err := r.run(ctx, names, r.Plan.Turns, trial.Spec{
			Kind: trial.Deliver, Level: contender.LogCall, Goroutines: rateGoroutines, Queue: defaultQueue,
			Duration: r.Plan.Trial * 3 / 2, Latency: latency, Load: trial.Paced, Rate: offered,
		}, func(name string, s *trial.Spec) {
			if name == eightExporters {
				s.Impl, s.Exporters = contender.Asynclog, 8
			}
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\n%v:\n\n", latency)
		t := newTable("", "calls a second", "arrived a second", "lost", "p50 of a call", "p99.9", "max")
		for _, name := range names {
			a := runs.Of(name, pair.Arrived)
			t.add(titles[name],
				count(runs.Of(name, pair.Called).Median), count(a.Median), percent(runs.Of(name, pair.Lost).Median),
				duration(runs.Of(name, pair.P50).Median), duration(runs.Of(name, pair.P999).Median), duration(runs.Of(name, pair.Max).Max))
			arrived.add(titles[name], max(0.1, float64(latency)/1e6), a.Median)
		}
		fmt.Fprint(w, t)
	}
	return r.plot(w, "latency", arrived)
}
