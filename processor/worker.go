package processor

import (
	"sync/atomic"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// attempt is a batch in the hands of an exporter, which may have been given a part
// of it. Worker and Shutdown may both want to settle what is left of it; the first
// does.
type attempt struct {
	batch *queue.Batch
	// handed is how many of its first records an exporter has been given, now or
	// before.
	handed  atomic.Int64
	settled atomic.Bool
}

func (a *attempt) claim() bool { return a.settled.CompareAndSwap(false, true) }

// worker takes batches from the queue and hands them to its exporter, one after
// the other. It always waits for Export to return; an exporter that does not
// heed its context holds its own worker and nobody else.
//
// The goroutine owns sizer, parts, errand and fruitless. current is written by the goroutine, and read by
// Shutdown when its time is up.
type worker struct {
	p        *Processor
	lane     *lane
	consumer *queue.Consumer
	done     chan struct{} // closed when the goroutine has ended

	sizer *sizer
	parts []part // of the batch that it is at; memory to be used again

	errand    *errand // that it is on; nil: none
	current   atomic.Pointer[attempt]
	fruitless bool // the last batch that was parted was refused in every part, and nothing was taken since
}

func (w *worker) run() {
	finished := false
	defer func() {
		if finished {
			close(w.done)
		} else { // the exporter ended the goroutine (runtime.Goexit)
			go w.run()
		}
	}()
	w.resume()
	for {
		w.p.health.await(&w.lane.standing, w.p.queue)
		// After the pause, too: where there is less traffic than workers, the
		// batches are for those whose exporters work. And where all fail they
		// take turns, so that one that has recovered is found.
		w.consumer.Reluctant = w.p.health.failing(&w.lane.standing)
		b := w.consumer.Take()
		if b == nil {
			break
		}
		w.deliver(b)
	}
	finished = true
}

// resume goes on with the batch in whose export the exporter ended the goroutine. What
// the exporter held is lost as if it had panicked.
func (w *worker) resume() {
	a := w.current.Load()
	if w.errand == nil || a == nil {
		return
	}
	w.p.health.end(&w.lane.standing)
	if !a.claim() { // Shutdown has settled the batch
		w.errand = nil
		return
	}
	w.current.Store(nil)
	o := outcome{err: w.lane.goexitError("Export"), failed: true, why: exportPanic, class: Permanent}
	w.complete(w.errand.fail(o))
}

// export hands the first of the batch's parts to the exporter. It reports false when
// Shutdown has settled the batch meanwhile, which is then not to be touched any more.
func (w *worker) export(b *queue.Batch, parts []part) (outcome, bool) {
	p, next := w.p, &parts[0]
	a := &attempt{batch: b}
	a.handed.Store(handed(parts))
	w.current.Store(a)
	o := outcome{failed: true, why: shutdownTimeout}
	// Before the turn comes, too: a ForceFlush that does not heed its context may hold
	// it, and the others are not to wait for this one then.
	p.health.begin(&w.lane.standing, p.cfg.exportTimeout)
	if w.lane.enter(p.exportCtx, nil) { // it ends when Shutdown's time is up
		if !next.tried {
			next.tried = true
			p.ledger.submitted.Add(uint64(next.n))
			a.handed.Store(handed(parts))
		}
		o = w.lane.export(p.exportCtx, p.cfg.exportTimeout, b.Records()[:next.n])
	}
	ok := a.claim()
	if ok {
		w.current.Store(nil)
		if o.failed && p.exportCtx.Err() == nil {
			o.class, o.hint = p.cfg.retry.classify(p.exportCtx, o, p.reporter.report)
		}
	}
	// Not before it is known what the error means. Classify may take as long as an
	// export, and the others are not to wait for this one then either.
	p.health.end(&w.lane.standing)
	return o, ok
}
