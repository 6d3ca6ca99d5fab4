package report

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/pair"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

func memory(ctx context.Context, r *report, w *strings.Builder) error {
	const queue = 50_000
	names := []string{contender.Asynclog, contender.SDK, contender.Zap, contender.Zerolog, contender.Phuslu}
	runs, err := r.run(ctx, names, r.Plan.Turns, trial.Spec{
		Kind: trial.Memory, Level: contender.LogCall, Goroutines: 1, Queue: queue, Duration: time.Second,
	}, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s log calls while the sink takes nothing; all of them are delivered afterwards. Those who write lines hold them as bytes. Heap is what is alive\n"+
		"beyond what was alive before; a collection is one that `runtime.GC` makes.\n\n", count(queue))
	t := newTable("", "heap", "resident memory of the process", "processor time of a collection", "longest pause", "heap: asynclog to it")
	for _, name := range names {
		t.add(titles[name],
			size(runs.Of(name, pair.Heap).Median),
			size(runs.Of(name, pair.RSS).Median),
			duration(runs.Of(name, pair.GCCPU).Median),
			duration(runs.Of(name, pair.GCPause).Median),
			toIt(runs, name, pair.Heap))
	}
	fmt.Fprint(w, t)
	return nil
}
