package exportertest

import (
	"context"
	"slices"
)

// ForceFlush waits at the gates of [Exporter.BlockForceFlush] and returns the
// error of [Exporter.SetForceFlushError]. After Shutdown has begun it does nothing.
func (e *Exporter) ForceFlush(ctx context.Context) error {
	return e.pass(ctx, &e.flush, false)
}

// Shutdown waits at the gates of [Exporter.BlockShutdown] and returns the error
// of [Exporter.SetShutdownError]. Exports that begin later are refused; those under
// way continue. Only the first Shutdown does anything.
func (e *Exporter) Shutdown(ctx context.Context) error {
	return e.pass(ctx, &e.down, true)
}

// pass is a call of ForceFlush or Shutdown, which stops the Exporter as it begins.
func (e *Exporter) pass(ctx context.Context, p *endpoint, stop bool) error {
	e.mu.Lock()
	p.contexts = append(p.contexts, ctx)
	gates, err, stopped := slices.Clone(p.gates), p.err, e.stopped
	e.stopped = stopped || stop
	e.mu.Unlock()

	if stopped {
		return nil
	}
	if ended := e.pause(ctx, gates, 0); ended != nil {
		return ended
	}
	return err
}

// SetForceFlushError makes the ForceFlushes that begin from now on return err.
func (e *Exporter) SetForceFlushError(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.flush.err = err
}

// SetShutdownError makes Shutdown, if it has not begun yet, return err.
func (e *Exporter) SetShutdownError(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.down.err = err
}

// ForceFlushContexts returns the contexts of all ForceFlush calls, in order.
func (e *Exporter) ForceFlushContexts() []context.Context {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.flush.contexts)
}

// ShutdownContexts returns the contexts of all Shutdown calls, in order.
func (e *Exporter) ShutdownContexts() []context.Context {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.down.contexts)
}
