package report

import (
	"context"
	"fmt"
	"strings"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/pair"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

var (
	wireNames = []string{contender.Asynclog, contender.SDK, contender.SDKSimple}
	lineNames = []string{contender.SlogJSON, contender.Zap, contender.Zerolog, contender.Phuslu}
)

// onWire measures log calls until an OTLP receiver in another process has acknowledged
// their records.
func (r *report) onWire(ctx context.Context) (pair.Runs, error) {
	receiver, err := r.wire(ctx)
	if err != nil {
		return nil, err
	}
	return r.toTarget(ctx, wireNames, receiver.OTLP, "receiver")
}

// inCollector is onWire with the OpenTelemetry Collector. It returns nil if there is no
// Collector.
func (r *report) inCollector(ctx context.Context) (pair.Runs, error) {
	collector, err := r.realCollector(ctx)
	if err != nil || collector == nil {
		return nil, err
	}
	return r.toTarget(ctx, pairNames, collector.OTLP, "Collector")
}

func (r *report) toTarget(ctx context.Context, names []string, address, what string) (pair.Runs, error) {
	return r.run(ctx, names, r.Plan.Pairs, trial.Spec{
		Kind: trial.Deliver, Level: contender.LogCall, Goroutines: rateGoroutines, Queue: ampleQueue,
		Duration: 2 * r.Plan.Trial, Load: trial.Window, Target: address, What: what,
	}, nil)
}

func cpu(ctx context.Context, r *report, w *strings.Builder) error {
	fmt.Fprintf(w, "User and system time of the sending process, from the log call until a receiver in another process has acknowledged the record,\n"+
		"with %d goroutines and no record lost. All use the exporter otlploggrpc with its defaults.\n\n", rateGoroutines)
	runs, err := r.onWire(ctx)
	if err != nil {
		return err
	}
	r.mustArrive(runs, pairNames)
	bars := newBars("Processor time a record, log call to the wire", "µs", false)
	fmt.Fprint(w, cpuTable(runs, wireNames))
	for _, name := range wireNames[:2] {
		bars.add(name, "OTLP", runs.Of(name, pair.CPU).Median/1e3)
	}

	fmt.Fprint(w, "\nThe same with the OpenTelemetry Collector, which decodes the records and discards them (`nop` exporter):\n\n")
	runs, err = r.inCollector(ctx)
	if err != nil {
		return err
	}
	if runs == nil {
		fmt.Fprint(w, "Not measured: there is no Collector in `.backends`; `make collector` builds it.\n")
	} else {
		r.mustArrive(runs, pairNames)
		fmt.Fprint(w, cpuTable(runs, pairNames))
		for _, name := range pairNames {
			bars.add(name, "OTLP, Collector", runs.Of(name, pair.CPU).Median/1e3)
		}
	}

	fmt.Fprint(w, "\nFor comparison: lines of JSON over TCP, which are not acknowledged. All but slog have a buffer of 256 KiB in front of the connection.\n\n")
	receiver, err := r.wire(ctx)
	if err != nil {
		return err
	}
	runs, err = r.run(ctx, lineNames, r.Plan.Turns, trial.Spec{
		Kind: trial.Deliver, Level: contender.LogCall, Goroutines: rateGoroutines, Queue: ampleQueue,
		Duration: r.Plan.Trial, Load: trial.Window, Target: trial.LinesPrefix + receiver.Lines, What: "reader of lines",
	}, nil)
	if err != nil {
		return err
	}
	fmt.Fprint(w, cpuTable(runs, lineNames))
	for _, name := range lineNames {
		bars.add(name, "lines", runs.Of(name, pair.CPU).Median/1e3)
	}
	return r.plot(w, "cpu", bars)
}

func cpuTable(runs pair.Runs, names []string) *contenderTable {
	t := newContenderTable(
		median("processor time a record", pair.CPU, duration),
		median("allocations", pair.Allocs, significant),
		median("bytes", pair.Bytes, count),
		median("acknowledged a second", pair.Arrived, count),
		median("lost", pair.Lost, percent),
		toOther("processor time", pair.CPU))
	t.addRuns(runs, names)
	return t
}
