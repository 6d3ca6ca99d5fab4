package processor

import (
	"math/bits"
	"time"

	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// errand is one way of a batch through a worker's hands. It exports the batch in
// parts, mostly in one, first things first, and ends when all of it is settled or
// the rest has been put back into the queue.
type errand struct {
	w     *worker
	b     *queue.Batch
	parts []part // what is left of the batch

	resource *resource.Resource // of its first record

	splits  int // how often the batch may still be parted
	parted  bool
	arrived bool // something has
	closed  bool // the queue was closed when the last export began

	// The last failure since something arrived, for health.
	failed bool
	pause  pausing
	err    error
}

// deliver exports a batch, and settles it or puts it back.
func (w *worker) deliver(b *queue.Batch) {
	recs := b.Records()
	again := b.Trail.Attempts > 0
	if again {
		w.p.ledger.retries.Add(1)
	} else if oldest := recs[0].ObservedTimestamp(); !oldest.IsZero() {
		w.p.instruments.Age(w.p.exportCtx, time.Since(oldest))
	}
	e := w.newErrand(b)
	w.parts = w.sizer.divide(w.parts[:0], recs, w.p.cfg.maxBatchBytes)
	e.parts = w.parts
	for i := range e.parts {
		e.parts[i].tried = again
	}
	w.errand = e
	w.complete(true)
}

// complete does what is left of the errand, if there is more.
func (w *worker) complete(more bool) {
	e := w.errand
	for more {
		more = e.step()
	}
	w.errand = nil
	if e.arrived {
		w.tellGap(e.resource)
	}
}

func (w *worker) newErrand(b *queue.Batch) *errand {
	recs := b.Records()
	return &errand{w: w, b: b, resource: recs[0].Resource(), splits: bits.Len(uint(len(recs)-1)) + 1}
}

// step exports the next part, and tells whether there is another, and the batch
// still the worker's.
func (e *errand) step() bool {
	if size := e.parts[0].size; size > 0 {
		return e.settle(e.w.p.tooLarge(size))
	}
	e.closed = e.w.p.queue.Closed()
	o, ok := e.w.export(e.b, e.parts)
	switch {
	case !ok:
		return false
	case !o.failed:
		return e.arrive(o)
	default:
		return e.fail(o)
	}
}

// arrive settles a part that the receiver has taken.
func (e *errand) arrive(o outcome) bool {
	e.arrived, e.failed = true, false
	e.w.fruitless = false
	e.w.p.succeeded(e.w.lane, e.resource)
	return e.settle(o)
}

// fail decides what becomes of a part that the receiver has not taken.
func (e *errand) fail(o outcome) bool {
	p, trail := e.w.p, &e.b.Trail
	if o.why == shutdownTimeout { // no exporter was given it
		if trail.Attempts > 0 {
			o.why = reason(trail.Cause)
		}
		return e.settle(o)
	}
	if p.exportCtx.Err() != nil { // Shutdown's time is up, and the export was cancelled
		return e.settle(o)
	}
	class, pause := o.class, allOfThem
	switch {
	case o.why == exportPanic:
		pause = thisOne
	case class == Poisoned, class == Unknown && e.arrived:
		pause = nobody // the receiver is there
	}
	if class == Unknown {
		trail.Unclear++
	}
	switch {
	case class == Transient, class == Unknown && trail.Unclear < p.cfg.retry.MaxUnknownAttempts:
		return e.tryAgain(o)
	case class != Permanent && e.split():
		return true
	}
	if pause != nobody || !e.arrived {
		e.failed, e.pause, e.err = true, pause, o.err
	}
	return e.settle(o)
}

// tryAgain puts what is left of the batch back into the queue, if there is a point
// in that.
func (e *errand) tryAgain(o outcome) bool {
	w, p, trail := e.w, e.w.p, &e.b.Trail
	retry, now := p.cfg.retry, time.Now()
	if retry.Disabled || e.closed && !p.health.othersWork(&w.lane.standing) {
		// An attempt begun while the queue is closed is the last one. One that was
		// under way when Shutdown came is not: the batch is tried once more.
		e.failed, e.pause, e.err = true, allOfThem, o.err
		return e.settle(o)
	}
	if trail.Attempts == 0 {
		trail.Failed = now
		p.reporter.report(o.told(w.lane, true))
	}
	lastTime := trail.Failed.Add(retry.MaxElapsedTime)
	if !now.Before(lastTime) {
		e.loseAll(o)
		return false
	}
	trail.Attempts++
	trail.Cause = uint8(o.why)

	for _, rest := range e.parts {
		if !rest.tried {
			p.ledger.submitted.Add(uint64(rest.n)) // in a while; what is put back counts as handed on
		}
	}
	others := p.failed(w.lane, e.resource, failure{pause: allOfThem, hint: o.hint, lastTime: lastTime}, o.err)
	var tell error
	if o.class == Transient && !others && !p.queue.Closed() {
		tell = o.err // nobody will export it now
	}
	flushing, ok := w.consumer.PutBack(e.b, tell, p.giveWay)
	if !ok { // Shutdown's time is up
		e.parts = []part{{n: len(e.b.Records())}}
		return e.settle(o)
	}
	if flushing && !others {
		p.health.hurry(&w.lane.standing)
	}
	return false
}

// split parts the next part in two, if it can be parted, and that has not been done so
// often that it is no use.
func (e *errand) split() bool {
	w, n := e.w, e.parts[0].n
	if n < 2 || w.fruitless || e.splits == 0 || w.p.cfg.retry.Disabled {
		return false
	}
	e.splits--
	e.parted = true
	e.parts = append([]part{{n: n / 2, tried: true}, {n: n - n/2, tried: true}}, e.parts[1:]...)
	return true
}

// settle books the outcome of the next part, and gives the batch's memory back when
// that was the last. It tells whether there is another.
func (e *errand) settle(o outcome) bool {
	w, n, last := e.w, e.parts[0].n, len(e.parts) == 1
	book := w.p.closing(w.lane, e.b.Records()[:n], o, e.parts[0].tried)
	if !last {
		e.parts = e.parts[1:]
		w.consumer.Progress(e.b, n, o.err, book)
	} else {
		// Before the records are settled: who waits for them may look at Stats.
		if e.failed {
			w.p.failed(w.lane, e.resource, failure{pause: e.pause}, e.err)
		}
		w.fruitless = w.fruitless || e.parted && !e.arrived
		if flushing := w.consumer.Settle(e.b, o.err, book); flushing && e.failed {
			w.p.health.hurry(&w.lane.standing) // the flush is for the batches behind, too
		}
	}
	w.p.reporter.report(o.told(w.lane, false))
	return !last
}

// loseAll settles all that is left of the batch as lost.
func (e *errand) loseAll(o outcome) {
	e.parts = []part{{n: len(e.b.Records())}}
	e.failed, e.pause, e.err = true, allOfThem, o.err
	e.settle(o)
}
