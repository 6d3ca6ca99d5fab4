package processor

import (
	"context"
	"errors"
)

// ForceFlush has every record whose OnEmit returned before exported, waits for
// the exports and for fallback writes, and then calls the exporters' ForceFlush.
// It returns the errors of the exports and of the exporters, joined.
//
// The context bounds the waiting only: when it ends ForceFlush returns its error,
// and the exports go on. For a fallback writer that makes no progress it waits
// one second at most. After Shutdown it does nothing and returns nil.
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
		select {
		case <-f.Done():
			exportErr = f.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	p.fallback.drain(ctx)
	return errors.Join(exportErr, p.flushExporters(ctx))
}

// flushExporters calls the exporters' ForceFlush, all at the same time, and does
// not wait longer than the context allows for one that does not heed it.
func (p *Processor) flushExporters(ctx context.Context) error {
	results := make(chan error, len(p.lanes))
	for _, l := range p.lanes {
		go func() { results <- l.forceFlush(ctx) }()
	}
	var errs []error
	for range p.lanes {
		select {
		case err := <-results:
			errs = append(errs, err)
		case <-ctx.Done():
			return errors.Join(append(errs, ctx.Err())...)
		}
	}
	return errors.Join(errs...)
}

func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
