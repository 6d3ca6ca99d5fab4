package processor

import (
	"context"
	"errors"
	"time"
)

// Shutdown stops taking records, exports what is queued until the context ends,
// and shuts the exporters down, which it does in any case. What is still queued
// when the context ends is counted as [ReasonShutdownTimeout]; exports still
// under way are cancelled, and counted as [ReasonExportTimeout] if they do not
// come back at once. Critical records among them go to the fallback.
//
// In an outage it does not wait for the pauses between attempts: each batch
// gets one more attempt, and if that fails is counted under the reason of its
// last failure.
//
// If records were lost by the shutdown the error is, or wraps, a
// [*ShutdownError], which tells how many and why. It also has the context's
// error, and those of the exports and exporters, for errors.Is.
//
// When Shutdown returns, no goroutine of the processor is left but those that an
// exporter, a fallback writer, an error handler, a drop hook or [RetryConfig].Classify
// does not let go.
// Only the first call does anything; further ones return nil.
func (p *Processor) Shutdown(ctx context.Context) error {
	if p.stopped.Swap(true) || len(p.lanes) == 0 {
		return nil
	}
	ctx = orBackground(ctx)
	p.putDown() // what gave way before is no loss of the shutdown
	before := p.ledger.losses()

	var errs []error
	if p.queue != nil {
		errs = append(errs, p.shutdownQueue(ctx))
		if p.gaps != nil {
			p.fallback.drain(ctx) // what it saves is counted when it is written
		}
		p.tellLastGap(ctx)
	} else {
		p.shutdownDirect(ctx)
	}
	errs = append(errs, ctx.Err(), p.onAllLanes(func(l *lane) error { return l.shutdown(ctx) }))
	p.cancelExports()
	p.fallback.finish(ctx)

	err := errors.Join(errs...)
	if lost := p.ledger.losses().since(&before).byShutdown(); len(lost) > 0 {
		err = &ShutdownError{Lost: lost, Err: err}
	}
	p.gaps.finish()
	p.figures.finish()
	p.instruments.Finish()
	p.reporter.finish(ctx)
	p.ledger.hook.finish(ctx)
	return err
}

// shutdownQueue drains the queue until the context ends, and accounts for the
// rest. It returns the errors of the exports.
func (p *Processor) shutdownQueue(ctx context.Context) error {
	f := p.queue.BeginFlush()
	p.queue.Close()
	p.health.wake()
	p.steward.end()

	if ctx.Err() == nil && workersEnd(p.workers, ctx.Done()) {
		return f.Err()
	}
	for _, b := range p.queue.Remove() {
		why := shutdownTimeout
		if b.Trail.Attempts > 0 {
			why = reason(b.Trail.Cause) // it may have arrived, or is known to have been refused
		}
		lost := p.lossOf(b.Records(), why, b.Trail.Attempts > 0)
		p.queue.Discard(b, nil, func() { p.bookLoss(lost) })
	}
	p.cancelExports()
	late := time.NewTimer(grace)
	defer late.Stop()
	if !workersEnd(p.workers, late.C) {
		for _, w := range p.workers {
			w.abandon()
		}
	}
	select {
	case <-f.Done():
		return f.Err()
	default: // a record was added after the flush began, by a call that ran beside
		return nil
	}
}

// shutdownDirect waits for the export under way until the context ends, and
// accounts for it if it does not come back then.
func (p *Processor) shutdownDirect(ctx context.Context) {
	d := p.direct
	close(d.closed)
	select {
	case d.turn <- struct{}{}:
		<-d.turn
		return
	case <-ctx.Done():
	}
	p.cancelExports()
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case d.turn <- struct{}{}:
		<-d.turn
	case <-late.C:
		p.abandonDirect()
	}
}

// abandonDirect settles the record that the exporter does not give back.
func (p *Processor) abandonDirect() {
	d := p.direct
	for {
		if a := d.current.Load(); a != nil && p.settleDirect(a, abandoned) {
			return
		}
		select {
		case d.turn <- struct{}{}: // it has come back after all
			<-d.turn
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// workersEnd waits until all workers have ended, and tells whether they have
// before the time was up.
func workersEnd[T any](workers []*worker, up <-chan T) bool {
	for _, w := range workers {
		select {
		case <-w.done:
			continue
		default:
		}
		select {
		case <-w.done:
		case <-up:
			return false
		}
	}
	return true
}

// abandoned is the outcome of an export that is not waited for any longer.
var abandoned = outcome{failed: true, why: exportTimeout}

// abandon settles the batch that the exporter does not give back. The exporter
// may still be reading it, so its memory is not used again.
func (w *worker) abandon() {
	for {
		select {
		case <-w.done:
			return
		default:
		}
		if a := w.current.Load(); a != nil && a.claim() {
			if a.batch != nil { // else it is a gap record
				recs, handed := a.batch.Records(), int(a.handed.Load())
				under := w.p.closing(w.lane, recs[:handed], abandoned, true)
				never := w.p.closing(w.lane, recs[handed:], outcome{failed: true, why: shutdownTimeout}, false)
				w.consumer.Abandon(a.batch, nil, func() { under(); never() })
			}
			return
		}
		time.Sleep(time.Millisecond) // it is between batches, or has come back after all
	}
}
