package processor

import (
	"context"
	"errors"
	"sync"

	"github.com/krunchwrapper/asynclog/internal/contexts"
)

// ForceFlush exports every record whose OnEmit has returned, waits for the exports and
// for fallback writes, and then calls the ForceFlush of the exporters. It returns the
// joined errors of the exports and of the exporters.
//
// In an outage it cuts the pause between attempts short. If the receiver still cannot be
// reached it returns the error of that one attempt, not one error for each batch that
// waits behind it; the records stay queued, and are retried as before. Batches that are
// lost, because their error is not a temporary one, are exported one after the other
// without a pause.
//
// The context bounds the waiting only: when it ends, ForceFlush returns its error,
// joined with those of the exports that have failed so far, and the exports go on.
// ForceFlush waits at most one second for a fallback writer that makes no progress.
// After Shutdown it does nothing and returns nil.
func (p *Processor) ForceFlush(ctx context.Context) error {
	if p.stopped.Load() || len(p.exporters) == 0 {
		return nil
	}
	ctx = contexts.OrBackground(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	var exportErr error
	if p.queue != nil {
		flush := p.queue.BeginFlush()
		p.backoff.Flush()
		select {
		case <-flush.Done():
			exportErr = flush.Err()
		case <-ctx.Done():
			if failed := p.queue.ErrSoFar(flush); failed != nil {
				return errors.Join(ctx.Err(), failed)
			}
			return ctx.Err()
		}
	}
	p.fallback.Drain(ctx)
	flushErr := p.forAllExporters(func(h *exporterHandle) error { return h.forceFlush(ctx) })
	return errors.Join(exportErr, flushErr)
}

// forAllExporters calls f for all exporters at the same time, and joins the errors.
func (p *Processor) forAllExporters(f func(*exporterHandle) error) error {
	errs := make([]error, len(p.exporters))
	var wg sync.WaitGroup
	for i, h := range p.exporters {
		wg.Go(func() { errs[i] = f(h) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
