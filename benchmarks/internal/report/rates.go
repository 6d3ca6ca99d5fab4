package report

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/pair"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

// rateGoroutines is from how many goroutines records come where that is not what is
// compared.
const rateGoroutines = 8

func rates(ctx context.Context, r *report, w *strings.Builder) error {
	fmt.Fprintf(w, "From the log call until a sink in the same process, which takes everything at once, has acknowledged the record; %d goroutines.\n\n"+
		"Records that can be delivered: goroutines wait when half a queue of %s records is under way.\n\n", rateGoroutines, count(ampleQueue))
	runs, err := r.run(ctx, callNames, r.Plan.Turns, trial.Spec{
		Kind: trial.Deliver, Level: contender.LogCall, Goroutines: rateGoroutines, Queue: ampleQueue,
		Duration: r.Plan.Trial, Load: trial.Window,
	}, nil)
	if err != nil {
		return err
	}
	r.mustArrive(runs, pairNames)
	addRates(w, runs, callNames)

	fmt.Fprintf(w, "\nA flood: calls as fast as they return, into the default queue of %s records. What does not fit is lost, or, where callers are made to\n"+
		"wait, is waited for. On as many cores as are busy with calls, the worker gets little of the processor, so who lets callers go on\n"+
		"loses much.\n\n", count(defaultQueue))
	names := slices.Insert(slices.Clone(callNames), 1, contender.AsynclogOldest, contender.AsynclogBlock)
	runs, err = r.run(ctx, names, r.Plan.Turns, trial.Spec{
		Kind: trial.Deliver, Level: contender.LogCall, Goroutines: rateGoroutines, Queue: defaultQueue,
		Duration: r.Plan.Trial, Load: trial.Flood,
	}, nil)
	if err != nil {
		return err
	}
	addRates(w, runs, names)
	return nil
}

func addRates(w *strings.Builder, runs pair.Runs, names []string) {
	t := newTable("", "calls a second", "arrived a second", "lost", "p99.9 of a call", "processor time a record", "arrived: asynclog to it")
	for _, name := range names {
		t.add(titles[name],
			count(runs.Of(name, pair.Called).Median),
			count(runs.Of(name, pair.Arrived).Median),
			percent(runs.Of(name, pair.Lost).Median),
			duration(runs.Of(name, pair.P999).Median),
			duration(runs.Of(name, pair.CPU).Median),
			toIt(runs, name, pair.Arrived))
	}
	fmt.Fprint(w, t)
}
