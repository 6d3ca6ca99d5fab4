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

// rateGoroutines is the number of goroutines that log where that number is not what is
// compared.
const rateGoroutines = 8

func rates(ctx context.Context, r *report, w *strings.Builder) error {
	fmt.Fprintf(w, "From the log call until a sink in the same process, which accepts everything at once, has acknowledged the record, with %d goroutines.\n\n"+
		"The rate of records that can be delivered: goroutines wait while half a queue of %s records is in transit.\n\n", rateGoroutines, count(ampleQueue))
	runs, err := r.run(ctx, callNames, r.Plan.Turns, trial.Spec{
		Kind: trial.Deliver, Level: contender.LogCall, Goroutines: rateGoroutines, Queue: ampleQueue,
		Duration: r.Plan.Trial, Load: trial.Window,
	}, nil)
	if err != nil {
		return err
	}
	r.mustArrive(runs, pairNames)
	fmt.Fprint(w, rateTable(runs, callNames))

	fmt.Fprintf(w, "\nA flood: calls as fast as they return, with the default queue of %s records. Records that do not fit are lost, or their callers wait. If\n"+
		"calls keep all cores busy, the worker gets little processor time, so a pipeline that does not make callers wait loses many\n"+
		"records.\n\n", count(defaultQueue))
	names := slices.Insert(slices.Clone(callNames), 1, contender.AsynclogOldest, contender.AsynclogBlock)
	runs, err = r.run(ctx, names, r.Plan.Turns, trial.Spec{
		Kind: trial.Deliver, Level: contender.LogCall, Goroutines: rateGoroutines, Queue: defaultQueue,
		Duration: r.Plan.Trial, Load: trial.Flood,
	}, nil)
	if err != nil {
		return err
	}
	fmt.Fprint(w, rateTable(runs, names))
	return nil
}

func rateTable(runs pair.Runs, names []string) *contenderTable {
	t := newContenderTable(
		median("calls a second", pair.Called, count),
		median("arrived a second", pair.Arrived, count),
		median("lost", pair.Lost, percent),
		median("p99.9 of a call", pair.P999, duration),
		median("processor time a record", pair.CPU, duration),
		toOther("arrived", pair.Arrived))
	t.addRuns(runs, names)
	return t
}
