package outage

import (
	"context"
	"errors"
	"os"
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

// Run has a subject go through a plan. The subject reports to OpenTelemetry's
// globals, so there must not be two runs at a time in a process. The error is that
// of the rig, and of records that arrived changed; what the subject loses is no
// error.
func Run(ctx context.Context, s Subject, p Plan) (_ Result, err error) {
	dir, err := os.MkdirTemp("", "outage")
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c, err := rig.NewCollector(dir)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, c.Kill()) }()
	if err := c.Start(ctx); err != nil {
		return Result{}, err
	}
	n, err := rig.NewNetwork(p.Over.Addr(c))
	if err != nil {
		return Result{}, err
	}
	defer n.Cut()
	l, err := listen()
	if err != nil {
		return Result{}, err
	}
	defer l.undo()

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
	return r, r.collect(ctx, c, fallback, l)
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

// collect finds out what became of the records, and what the subject said of it.
func (r *Result) collect(ctx context.Context, c *rig.Collector, fallback *saved, l *listener) (err error) {
	tally, err := c.Count(r.Emitted)
	if err != nil {
		return err
	}
	r.Arrived, r.Duplicates = tally.Distinct(), tally.Duplicates()
	for id := range fallback.get() {
		r.Saved++
		if tally[id] == 0 {
			tally[id] = 1
		}
	}
	r.Lost = r.Emitted - tally.Distinct()
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
