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
	fmt.Fprintf(w, "%s log calls while the sink accepts nothing; all records are delivered afterwards. Loggers that write lines hold them as bytes. Heap is the\n"+
		"growth of the live heap. A collection is one call of `runtime.GC`.\n\n", count(queue))
	t := newContenderTable(
		median("heap", pair.Heap, size),
		median("resident memory of the process", pair.RSS, size),
		median("processor time of a collection", pair.GCCPU, duration),
		median("longest pause", pair.GCPause, duration),
		toOther("heap", pair.Heap))
	t.addRuns(runs, names)
	fmt.Fprint(w, t)
	return nil
}
