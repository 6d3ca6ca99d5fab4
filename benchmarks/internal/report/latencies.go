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

// pacedRate is the number of calls a second in trials of slow exporters.
const pacedRate = 20_000

func latencies(ctx context.Context, r *report, w *strings.Builder) error {
	names := slices.Insert(slices.Clone(callNames), 1, eightExporters)
	fmt.Fprintf(w, "%s log calls a second from %d goroutines, with the default queue of %s records, while the sink takes longer and longer for each batch, or each\n"+
		"write. A pipeline that makes callers wait gets fewer calls; one that does not loses the records that do not fit. The SDK's\n"+
		"processors have one exporter. In front of a slow sink zerolog and phuslu have zap's buffer, which their documentation does not mention.\n",
		count(pacedRate), rateGoroutines, count(defaultQueue))
	arrived := newLines("Records that arrive, of 20,000 a second", "export latency in ms, 0.1 for none", "records a second")
	for _, latency := range []time.Duration{0, time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond} {
		runs, err := r.run(ctx, names, r.Plan.Turns, trial.Spec{
			Kind: trial.Deliver, Level: contender.LogCall, Goroutines: rateGoroutines, Queue: defaultQueue,
			Duration: r.Plan.Trial * 3 / 2, Latency: latency, Load: trial.Paced, Rate: pacedRate,
		}, func(name string, s *trial.Spec) {
			if name == eightExporters {
				s.Impl, s.Exporters = contender.Asynclog, 8
			}
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\n%v:\n\n", latency)
		t := newContenderTable(
			median("calls a second", pair.Called, count),
			median("arrived a second", pair.Arrived, count),
			median("lost", pair.Lost, percent),
			median("p50 of a call", pair.P50, duration),
			median("p99.9", pair.P999, duration),
			longest("max", pair.Max))
		t.addRuns(runs, names)
		for _, name := range names {
			arrived.add(titles[name], max(0.1, float64(latency)/1e6), runs.Of(name, pair.Arrived).Median)
		}
		fmt.Fprint(w, t)
	}
	return r.plot(w, "latency", arrived)
}
