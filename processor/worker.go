package processor

import (
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

const (
	firstBackOff = 100 * time.Millisecond
	maxBackOff   = 5 * time.Second
)

// attempt is a batch in the hands of an exporter. Worker and Shutdown may both
// want to settle it; the first does.
type attempt struct {
	batch   *queue.Batch
	settled atomic.Bool
}

func (a *attempt) claim() bool { return a.settled.CompareAndSwap(false, true) }

// worker takes batches from the queue and hands them to its exporter, one after
// the other. It always waits for Export to return; an exporter that does not
// heed its context holds its own worker and nobody else.
//
// The goroutine owns failures. current is written by the goroutine, and read by
// Shutdown when its time is up.
type worker struct {
	p        *Processor
	lane     *lane
	consumer *queue.Consumer
	done     chan struct{} // closed when the goroutine has ended

	current  atomic.Pointer[attempt]
	failures int // exports failed in a row
}

func (w *worker) run() {
	finished := false
	defer func() {
		if finished {
			close(w.done)
			return
		}
		// The exporter ended the goroutine (runtime.Goexit): its batch is
		// settled as if it had panicked, and the work goes on.
		if a := w.current.Load(); a != nil && a.claim() {
			w.settle(a, outcome{err: w.lane.goexitError("Export"), failed: true, why: exportPanic})
		}
		go w.run()
	}()
	for {
		w.backOff()
		// After the pause, too: where there is less traffic than workers, the
		// batches are for those whose exporters work. And where all fail they
		// take turns, so that one that has recovered is found.
		w.consumer.Reluctant = w.failures > 0
		b := w.consumer.Take()
		if b == nil {
			break
		}
		w.export(b)
	}
	finished = true
}

func (w *worker) export(b *queue.Batch) {
	recs := b.Records()
	if oldest := recs[0].ObservedTimestamp(); !oldest.IsZero() {
		w.p.instruments.Age(w.p.exportCtx, time.Since(oldest))
	}
	a := &attempt{batch: b}
	w.current.Store(a)
	o := outcome{failed: true, why: shutdownTimeout}
	if w.lane.enter(w.p.exportCtx, nil) { // it ends when Shutdown's time is up
		w.p.ledger.submitted.Add(uint64(len(recs)))
		o = w.lane.export(w.p.exportCtx, w.p.cfg.exportTimeout, recs)
	}
	if a.claim() {
		w.settle(a, o)
	}
}

// settle books the batch's outcome and gives its memory back.
func (w *worker) settle(a *attempt, o outcome) {
	w.current.Store(nil)
	p, recs := w.p, a.batch.Records()
	book := p.closing(w.lane, recs, o)
	w.consumer.Settle(a.batch, o.err, book)
	p.reporter.report(o.err)

	if o.failed == (w.failures > 0) {
		if o.failed {
			w.failures++
		}
		return
	}
	if o.failed {
		w.failures = 1
		p.health.add(-1)
	} else {
		w.failures = 0
		p.health.add(+1)
	}
}

// backOff keeps a worker whose export failed from taking batches that healthy
// workers would deliver: an exporter that refuses at once is always free, and
// would otherwise swallow most of the traffic. Without a healthy worker there is
// nothing to leave the batches to.
func (w *worker) backOff() {
	if w.failures == 0 {
		return
	}
	pause := min(firstBackOff<<min(w.failures-1, 10), maxBackOff)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		healthy, changed := w.p.health.get()
		if healthy == 0 {
			return
		}
		select {
		case <-timer.C:
			return
		case <-changed:
		case <-w.p.queue.Drained():
			return
		}
	}
}

// closing works out what becomes of a batch with this outcome, and returns what
// is to be booked in one step.
func (p *Processor) closing(l *lane, recs []sdklog.Record, o outcome) (book func()) {
	if o.failed {
		losses, critical := p.sort(recs, o.why)
		return func() { p.bookLosses(o.why, losses, critical) }
	}
	exported := uint64(len(recs) - o.rejected)
	refused, critical := p.refused(recs, o.rejected)
	return func() {
		p.ledger.exported.Add(exported)
		l.exported.Add(exported)
		p.bookLosses(rejected, refused, critical)
	}
}

// sort parts the records into those to count and those for the fallback.
func (p *Processor) sort(recs []sdklog.Record, why reason) (losses tally, critical []lost) {
	for i := range recs {
		r := &recs[i]
		if p.fallback != nil && r.Severity() >= p.cfg.critical {
			critical = append(critical, lost{rec: r.Clone(), why: why})
			continue
		}
		losses.add(r.Severity())
	}
	return losses, critical
}

// refused sorts the n records of a batch which the receiver rejected. It does
// not say which they are, so unless it is all of them, or all are of one range,
// their severity is unknown, and none can be saved.
func (p *Processor) refused(recs []sdklog.Record, n int) (losses tally, critical []lost) {
	if n == 0 {
		return losses, nil
	}
	if n == len(recs) {
		return p.sort(recs, rejected)
	}
	common := rangeOf(recs[0].Severity())
	for i := range recs {
		if rangeOf(recs[i].Severity()) != common {
			common = 0
			break
		}
	}
	losses[common] = uint64(n)
	return losses, nil
}

func (p *Processor) bookLosses(why reason, losses tally, critical []lost) {
	taken := p.fallback.offerAll(critical)
	for i := range critical[taken:] {
		losses.add(critical[taken+i].rec.Severity())
	}
	p.ledger.dropTally(why, &losses)
}
