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

// claims measures the claims that were made for the original system.
func claims(ctx context.Context, r *report, w *strings.Builder) error {
	fmt.Fprint(w, "The performance claims of the original Python system, which asynclog rebuilds. `make bench-report ONLY=claims` prints only this table. The last\n"+
		"column names the section that compares the figure with other pipelines.\n\n")
	t := newTable("claim", "measured", "section")

	calls, err := r.logCalls(ctx, 1, 0)
	if err != nil {
		return err
	}
	t.add("100,000 messages a second for all logging, handed over",
		count(calls.Of(contender.Asynclog, pair.PerSecond).Median)+" slog calls from one goroutine", "calls")

	wire, err := r.onWire(ctx)
	if err != nil {
		return err
	}
	t.add("100,000 messages a second, acknowledged over OTLP",
		count(wire.Of(contender.Asynclog, pair.Arrived).Median)+" by a receiver in another process", "cpu")
	collector, err := r.inCollector(ctx)
	if err != nil {
		return err
	}
	byCollector := "not measured: there is no Collector in `.backends`"
	if collector != nil {
		byCollector = count(collector.Of(contender.Asynclog, pair.Arrived).Median) + " by the OpenTelemetry Collector"
	}
	t.add("", byCollector, "cpu")

	if err := r.phaseClaims(ctx, t); err != nil {
		return err
	}
	t.add("0.001 to 0.01 ms a call",
		fmt.Sprintf("%s, and p99 %s, from one goroutine", duration(calls.Of(contender.Asynclog, pair.PerCall).Median), duration(calls.Of(contender.Asynclog, pair.P99).Median)), "calls")

	for _, latency := range []time.Duration{10 * time.Millisecond, time.Millisecond} {
		if err := r.synchronousClaim(ctx, t, latency); err != nil {
			return err
		}
	}
	fmt.Fprint(w, t)
	return nil
}

func (r *report) phaseClaims(ctx context.Context, t *table) error {
	names := []string{contender.Asynclog}
	runs, err := r.run(ctx, names, r.Plan.Turns, trial.Spec{
		Kind: trial.Calls, Level: contender.Phase, Goroutines: 1, Queue: ampleQueue, Duration: r.Plan.Trial,
	}, nil)
	if err != nil {
		return err
	}
	r.mustArrive(runs, names)
	t.add("534,579 phase messages a second", count(runs.Of(contender.Asynclog, pair.PerSecond).Median)+" from one goroutine", "claims")
	runs, err = r.run(ctx, names, r.Plan.Turns, trial.Spec{
		Kind: trial.Deliver, Level: contender.Phase, Goroutines: rateGoroutines, Queue: ampleQueue, Duration: r.Plan.Trial, Load: trial.Window,
	}, nil)
	if err != nil {
		return err
	}
	t.add("", fmt.Sprintf("%s from %d, acknowledged by a sink in the process", count(runs.Of(contender.Asynclog, pair.Arrived).Median), rateGoroutines), "claims")
	return nil
}

// synchronousClaim compares log calls with calls that export while their caller waits.
func (r *report) synchronousClaim(ctx context.Context, t *table, latency time.Duration) error {
	names := []string{contender.Asynclog, contender.SDKSimple, contender.AsynclogSync}
	runs, err := r.run(ctx, names, r.Plan.Turns, trial.Spec{
		Kind: trial.Calls, Level: contender.LogCall, Goroutines: 1, Queue: ampleQueue, Duration: r.Plan.Trial, Latency: latency,
	}, nil)
	if err != nil {
		return err
	}
	times := func(rival string) string {
		return count(runs.Ratio(rival, contender.Asynclog, pair.PerCall).Median)
	}
	claim := "a log call 1,000 times cheaper than a synchronous one, into a sink of 10 ms"
	if latency != 10*time.Millisecond {
		claim = fmt.Sprintf("the same, into a sink of %v", latency)
	}
	t.add(claim, fmt.Sprintf("%s times cheaper than the SDK's simple processor (%s to %s); %s times cheaper than asynclog with `WithSynchronous`",
		times(contender.SDKSimple),
		duration(runs.Of(contender.Asynclog, pair.PerCall).Median),
		duration(runs.Of(contender.SDKSimple, pair.PerCall).Median),
		times(contender.AsynclogSync)), "claims")
	return nil
}
