package processor

import (
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
	"github.com/krunchwrapper/asynclog/processor/internal/size"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// inFlight is records that an exporter holds. The goroutine that exports them and Shutdown
// may both want to commit their outcome; the one that claims them does.
type inFlight struct {
	exporter *exporterHandle
	batch    *queue.Batch    // nil: a gap record, or synchronous mode
	records  []sdklog.Record // of the batch, all that are left; none for a gap record
	// submitted is how many of the first records an exporter got, now or before.
	submitted atomic.Int64
	claimed   atomic.Bool
}

func (f *inFlight) claim() bool { return f.claimed.CompareAndSwap(false, true) }

// abandon claims the records that current points to, and commits them. It tries until it
// succeeds, or the exporter has returned after all.
func abandon(current *atomic.Pointer[inFlight], returned func() bool, commit func(*inFlight)) {
	for !returned() {
		if f := current.Load(); f != nil && f.claim() {
			commit(f)
			return
		}
		time.Sleep(time.Millisecond) // it is between two exports, or about to return
	}
}

// worker takes batches from the queue and hands them to its exporter, one after
// the other. It always waits for Export to return; an exporter that ignores the end of
// its context blocks its own worker only.
//
// The goroutine owns splitter, parts, export and useless. It writes current, which Shutdown
// reads when its time is up.
type worker struct {
	p        *Processor
	exporter *exporterHandle
	consumer *queue.Consumer
	done     chan struct{} // closed when run has returned
	// goroutine is the number of the goroutine that exports; see mayWait.
	goroutine atomic.Uint64

	splitter *size.Splitter
	parts    []part // of the current batch; its memory is reused

	export  *batchExport // the current one; nil: none
	current atomic.Pointer[inFlight]
	// splitsUseless: of the last batch that was split every part was refused, and nothing
	// was accepted since.
	splitsUseless bool
}

func newWorker(p *Processor, h *exporterHandle) *worker {
	return &worker{p: p, exporter: h, consumer: p.queue.NewConsumer(), splitter: size.NewSplitter(), done: make(chan struct{})}
}

// run exports batches until the queue is drained. It is called again if the exporter ends
// the goroutine (runtime.Goexit).
func (w *worker) run() {
	w.goroutine.Store(usercode.GoroutineID())
	w.resume()
	for {
		w.exporter.backoff.Await(w.p.queue)
		// After the pause, too: if there are more workers than batches, the batches are for
		// those whose exporters work. If all fail they take turns, so that an exporter that
		// has recovered is found.
		w.consumer.WakeLast = w.exporter.backoff.Failing()
		b := w.consumer.Take()
		if b == nil {
			break
		}
		w.exportBatch(b)
	}
	close(w.done)
}

// resume goes on with the batch during whose export the exporter ended the goroutine. The
// records that the exporter held are lost as if it had panicked.
func (w *worker) resume() {
	f := w.current.Load()
	switch {
	case w.export == nil:
		return
	case f == nil: // a MeterProvider ended the goroutine before the export began
		w.finish(true)
		return
	}
	w.exporter.backoff.End()
	if !f.claim() { // Shutdown has committed the batch
		w.export = nil
		return
	}
	w.current.Store(nil)
	o := outcome{err: w.exporter.goexitError("Export"), failed: true, why: exportPanic, class: Permanent}
	w.finish(w.export.fail(o))
}

// attempt hands the first of the batch's parts to the exporter. It reports false if
// Shutdown has committed the batch meanwhile; the batch must not be touched any more then.
func (w *worker) attempt(b *queue.Batch, parts []part) (outcome, bool) {
	p, next := w.p, &parts[0]
	f := &inFlight{exporter: w.exporter, batch: b, records: b.Records()}
	f.submitted.Store(submitted(parts))
	w.current.Store(f)
	o := outcome{failed: true, why: shutdownTimeout}
	// Before the turn comes: a ForceFlush that ignores the end of its context may hold the
	// turn, and the other exporters must not wait for this one then.
	w.exporter.backoff.Begin(p.cfg.exportTimeout)
	if w.exporter.acquire(p.exportCtx, nil) { // until Shutdown's time is up
		if !next.tried {
			next.tried = true
			p.ledger.submitted.Add(uint64(next.n))
			f.submitted.Store(submitted(parts))
		}
		o = w.exporter.export(p.exportCtx, p.cfg.exportTimeout, f.records[:next.n])
	}
	ok := f.claim()
	if ok {
		w.current.Store(nil)
		if o.failed && p.exportCtx.Err() == nil {
			o.class, o.hint = p.cfg.retry.classify(p.exportCtx, o, p.reporter.Report)
			w.exporter.unavailable.Store(o.why == exportPanic || o.class == Transient || o.class == Permanent)
		}
	}
	// After the error is classified: Classify may take as long as an export, and the other
	// exporters must not wait for this one then either.
	w.exporter.backoff.End()
	return o, ok
}

// abandon commits the batch that the exporter does not give back. The exporter may still
// be reading it, so its memory is not reused.
func (w *worker) abandon() {
	returned := func() bool {
		select {
		case <-w.done:
			return true
		default:
			return false
		}
	}
	abandon(&w.current, returned, func(f *inFlight) {
		if f.batch == nil { // a gap record
			return
		}
		n := f.submitted.Load()
		commitSubmitted := w.p.prepareCommit(w.exporter, f.records[:n], abandoned, true)
		commitOthers := w.p.prepareCommit(w.exporter, f.records[n:], outcome{failed: true, why: shutdownTimeout}, false)
		w.consumer.Abandon(f.batch, nil, func() { commitSubmitted(); commitOthers() })
	})
}
