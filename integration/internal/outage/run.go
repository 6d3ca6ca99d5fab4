package outage

import (
	"context"
	"errors"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

// shutdownTime is how long a provider has to deliver what it still holds.
const shutdownTime = time.Minute

// Plan is what a subject goes through.
type Plan struct {
	Over    rig.Protocol
	Records int // emitted in all
	Rate    int // emitted a second
	Queue   int // records that the subject may hold

	// After that time the trouble begins, while records are emitted.
	After   time.Duration
	Trouble Trouble
}

// Run has a subject go through a plan. With a listener, which must be new, the result
// also has what the subject said of itself to OpenTelemetry's globals. The error is
// that of the rig, and of records that arrived changed; what the subject loses is no
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
	fallback := newSaved()
	proc, stats := s.start(e, p.Queue, fallback)
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(proc))
	r := Result{Subject: s.Name, Plan: p}
	if r.Emitted, err = emit(ctx, provider, c, n, p); err != nil {
		return r, errors.Join(err, provider.Shutdown(canceled()))
	}

	deadline, cancel := context.WithTimeout(ctx, shutdownTime)
	defer cancel()
	r.ShutdownError = provider.Shutdown(deadline)
	if err := c.Stop(ctx); err != nil {
		return r, err
	}
	r.Ledger = stats()
	if err := r.collect(c, fallback); err != nil || l == nil {
		return r, err
	}
	err = r.hear(ctx, l)
	return r, err
}

// emit emits the plan's records while its trouble happens, and returns how many they
// were.
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
		err = p.Trouble.happen(ctx, c, n)
	}
	if err != nil {
		cancel()
	}
	<-emitted
	return source.Emitted(), err
}

// collect finds out what became of the records.
func (r *Result) collect(c *rig.Collector, fallback *saved) error {
	tally, err := c.Count(r.Emitted)
	if err != nil {
		return err
	}
	r.Arrived, r.Duplicates = tally.Distinct(), tally.Duplicates()
	for id := range fallback.get() {
		r.Copied++
		if tally[id] == 0 {
			r.Saved++
		}
	}
	r.Lost = r.Emitted - r.Arrived - r.Saved
	return nil
}

// hear finds out what the subject said of it.
func (r *Result) hear(ctx context.Context, l *Listener) (err error) {
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
