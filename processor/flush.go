package processor

import (
	"context"
	"errors"
	"sync"
)

// ForceFlush exports every record whose OnEmit has returned, waits for the
// exports and for fallback writes, and then calls the ForceFlush of the
// exporters. It returns the errors of the exports and of the exporters, joined.
//
// In an outage it cuts the pause between attempts short. If the receiver still
// cannot be reached it returns the error of that one attempt, not one for each
// batch that waits behind it; the records stay queued, and are tried again as
// before. Batches that are lost, because their error is not one that passes,
// are taken one after the other without a pause.
//
// The context bounds the waiting only: when it ends, ForceFlush returns its
// error, with those of the exports that have failed until then, and the exports
// go on. It waits one second at most for a fallback writer that makes no
// progress. After Shutdown it does nothing and returns nil.
func (p *Processor) ForceFlush(ctx context.Context) error {
	if p.stopped.Load() || len(p.lanes) == 0 {
		return nil
	}
	ctx = orBackground(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	var exportErr error
	if p.queue != nil {
		f := p.queue.BeginFlush()
		p.health.flush()
		select {
		case <-f.Done():
			exportErr = f.Err()
		case <-ctx.Done():
			if failed := p.queue.ErrSoFar(f); failed != nil {
				return errors.Join(ctx.Err(), failed)
			}
			return ctx.Err()
		}
	}
	p.fallback.drain(ctx)
	flushErr := p.onAllLanes(func(l *lane) error { return l.forceFlush(ctx) })
	return errors.Join(exportErr, flushErr)
}

// onAllLanes calls f for all exporters at the same time, and joins what comes of
// it.
func (p *Processor) onAllLanes(f func(*lane) error) error {
	errs := make([]error, len(p.lanes))
	var wg sync.WaitGroup
	for i, l := range p.lanes {
		wg.Go(func() { errs[i] = f(l) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
