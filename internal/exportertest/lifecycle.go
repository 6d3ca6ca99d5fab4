package exportertest

import (
	"context"
	"slices"
)

// ForceFlush waits at the gates of [Exporter.BlockForceFlush] and returns the
// error of [Exporter.SetForceFlushError]. After Shutdown began it does nothing.
func (e *Exporter) ForceFlush(ctx context.Context) error {
	e.mu.Lock()
	e.flush.contexts = append(e.flush.contexts, ctx)
	gates, err, stopped := slices.Clone(e.flush.gates), e.flush.err, e.stopped
	e.mu.Unlock()

	if stopped {
		return nil
	}
	if ended := e.pause(ctx, gates, 0); ended != nil {
		return ended
	}
	return err
}

// Shutdown waits at the gates of [Exporter.BlockShutdown] and returns the error
// of [Exporter.SetShutdownError]. Exports that begin after it began are refused;
// those under way go on. Only the first Shutdown does anything.
func (e *Exporter) Shutdown(ctx context.Context) error {
	e.mu.Lock()
	e.down.contexts = append(e.down.contexts, ctx)
	gates, err, stopped := slices.Clone(e.down.gates), e.down.err, e.stopped
	e.stopped = true
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
