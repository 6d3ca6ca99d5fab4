package exportertest

import (
	"context"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Option configures an [Exporter] when it is made. Options are immutable and may
// be shared.
type Option interface{ apply(config) config }

type config struct {
	delay time.Duration
	deaf  bool
	fn    func(context.Context, []sdklog.Record) error

	countOnly bool
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

// WithDelay makes each Export take d, on the clock of the synctest bubble if it runs
// in one. The Export returns ctx.Err() as soon as its context ends. A d of zero or
// less is no delay, the default. [Exporter.SetDelay] changes the delay later.
func WithDelay(d time.Duration) Option {
	return optionFunc(func(c config) config {
		c.delay = d
		return c
	})
}

// WithDeafness makes the Exporter ignore its contexts, as a badly behaved exporter
// does: Export, ForceFlush and Shutdown wait for gates and delays whatever happens,
// and an Export whose context has ended still takes the records.
func WithDeafness() Option {
	return optionFunc(func(c config) config {
		c.deaf = true
		return c
	})
}

// WithFunc makes f decide each Export without a planned outcome, after its gates and
// delay. f runs on the goroutine that called Export and gets the processor's own
// slice, which it must not keep. It may panic. Its result is the result of Export.
func WithFunc(f func(ctx context.Context, records []sdklog.Record) error) Option {
	return optionFunc(func(c config) config {
		c.fn = f
		return c
	})
}

// WithoutRecords makes the Exporter count records and keep none, for tests that emit
// so many that clones of all of them would not fit in memory. Methods that return
// records or bodies then return none, and [Exporter.Overwritten] detects nothing. All
// counts stay exact.
func WithoutRecords() Option {
	return optionFunc(func(c config) config {
		c.countOnly = true
		return c
	})
}

// SetDelay changes the delay of the Exports that begin from now on. See [WithDelay].
func (e *Exporter) SetDelay(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.delay = d
}
