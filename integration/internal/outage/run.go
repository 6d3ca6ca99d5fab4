package outage

import (
	"context"
	"errors"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

// shutdownTimeout bounds the Shutdown of a provider.
const shutdownTimeout = time.Minute

// Plan describes a run.
type Plan struct {
	Over    rig.Protocol
	Records int // total emitted
	Rate    int // emitted a second
	Queue   int // queue size of the subject, in records

	// Fault begins after this time, while records are emitted.
	After time.Duration
	Fault Fault
}

// Run runs a plan with a subject. With a listener, which must be new, the result also has
// the errors and metrics that the subject reported through OpenTelemetry's globals. Run
// returns an error if the rig fails or if records arrive changed. Lost records are not an
// error.
func Run(ctx context.Context, s Subject, p Plan, l *Listener) (r Result, err error) {
	err = withCollector(ctx, func(c *rig.Collector) error {
		r, err = run(ctx, s, p, l, c)
		return err
	})
	return r, err
}

func run(ctx context.Context, s Subject, p Plan, l *Listener, c *rig.Collector) (_ Result, err error) {
	n, err := rig.NewNetwork(p.Over.Addr(c))
	if err != nil {
		return Result{}, err
	}
	defer n.Cut()
	e, err := p.Over.Exporter(ctx, n.Addr)
	if err != nil {
		return Result{}, err
	}
	fallback := newSavedRecords()
	proc, stats := s.start(e, p.Queue, fallback)
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(proc))
	r := Result{Subject: s.Name, Plan: p}
	if r.Emitted, err = emit(ctx, provider, c, n, p); err != nil {
		return r, errors.Join(err, provider.Shutdown(canceled()))
	}

	deadline, cancel := context.WithTimeout(ctx, shutdownTimeout)
	defer cancel()
	r.ShutdownError = provider.Shutdown(deadline)
	if err := c.Stop(ctx); err != nil {
		return r, err
	}
	r.Ledger = stats()
	if err := r.collectRecords(c, fallback); err != nil || l == nil {
		return r, err
	}
	err = r.collectReported(ctx, l)
	return r, err
}

// emit emits the plan's records while the fault is injected. It returns how many records
// were emitted.
func emit(ctx context.Context, provider *sdklog.LoggerProvider, c *rig.Collector, n *rig.Network, p Plan) (int64, error) {
	source := rig.NewSource(provider)
	emitted := make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer close(emitted)
		source.EmitAt(ctx, p.Records, p.Rate)
	}()
	err := sleep(ctx, p.After)
	if err == nil {
		err = p.Fault.inject(ctx, c, n)
	}
	if err != nil {
		cancel()
	}
	<-emitted
	return source.Emitted(), err
}

// collectRecords counts the records that arrived and those that were saved.
func (r *Result) collectRecords(c *rig.Collector, fallback *savedRecords) error {
	arrivals, err := c.Count(r.Emitted)
	if err != nil {
		return err
	}
	r.Arrived, r.Duplicates = arrivals.Distinct(), arrivals.Duplicates()
	for id := range fallback.get() {
		r.Copied++
		if arrivals[id] == 0 {
			r.Saved++
		}
	}
	r.Lost = r.Emitted - r.Arrived - r.Saved
	return nil
}

// collectReported stores the errors and metrics that the subject reported.
func (r *Result) collectReported(ctx context.Context, l *Listener) (err error) {
	r.Handled, r.FirstError = l.handled()
	if r.Processed, err = l.failures(ctx, "otel.sdk.processor.log.processed"); err != nil {
		return err
	}
	r.Exporter, err = l.failures(ctx, "otel.sdk.exporter.log.exported")
	return err
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
