package processor

import (
	"fmt"
	"math/bits"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/processor/internal/backoff"
	"github.com/krunchwrapper/asynclog/processor/internal/queue"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// batchExport is the export of one batch by one worker, in one or more parts. It ends
// when every record's outcome is committed, or the rest is back in the queue.
type batchExport struct {
	w     *worker
	b     *queue.Batch
	parts []part // that are left of the batch, in order

	resource *resource.Resource // of the first record

	splits   int // how often the batch may still be split
	split    bool
	accepted bool // the receiver has accepted a part
	closed   bool // the queue was closed when the last export began

	// The last failure since a part was accepted, for the backoff.
	failed bool
	scope  backoff.Scope
	err    error
}

// part is records of a batch that are exported together.
type part struct {
	n        int
	tried    bool // an exporter got it, or the part that it was split from
	oversize int  // not zero: it is one record of this size, which is too large to export
}

// submitted returns how many records an exporter got. Parts are tried, and split, from the
// first on, so those that were tried come first.
func submitted(parts []part) (n int64) {
	for i := range parts {
		if !parts[i].tried {
			break
		}
		n += int64(parts[i].n)
	}
	return n
}

// exportBatch exports a batch. Afterwards all of it is committed or back in the queue.
func (w *worker) exportBatch(b *queue.Batch) {
	recs := b.Records()
	retry := b.Retry.Attempts > 0
	w.parts = w.parts[:0]
	w.splitter.Split(recs, w.p.cfg.maxBatchBytes, func(n, oversize int) {
		w.parts = append(w.parts, part{n: n, tried: retry, oversize: oversize})
	})
	w.export = &batchExport{
		w: w, b: b, parts: w.parts, resource: recs[0].Resource(),
		splits: bits.Len(uint(len(recs)-1)) + 1,
	}
	if retry {
		w.p.ledger.retries.Add(1)
	} else {
		w.p.observeAge(&recs[0])
	}
	w.finish(true)
}

// observeAge records how long the oldest record of a batch has waited. A MeterProvider is
// user code: it may panic, or end the goroutine, after which the worker resumes.
func (p *Processor) observeAge(oldest *sdklog.Record) {
	defer func() {
		if v := recover(); v != nil {
			p.reporter.Report(usercode.PanicError("MeterProvider", v))
		}
	}()
	if t := oldest.ObservedTimestamp(); !t.IsZero() {
		p.instruments.Age(p.exportCtx, time.Since(t))
	}
}

// finish exports the parts that are left of the current batch, if there are more.
func (w *worker) finish(more bool) {
	e := w.export
	for more {
		more = e.step()
	}
	w.export = nil
	if e.accepted {
		w.reportGap(e.resource)
	}
}

// step exports the next part. It reports whether parts remain and this worker still owns
// the batch.
func (e *batchExport) step() bool {
	if size := e.parts[0].oversize; size > 0 {
		return e.complete(e.w.p.tooLarge(size))
	}
	e.closed = e.w.p.queue.Closed()
	o, ok := e.w.attempt(e.b, e.parts)
	switch {
	case !ok:
		return false
	case !o.failed:
		return e.succeed(o)
	default:
		e.keepWritten(&o)
		return e.fail(o)
	}
}

// keepWritten completes the first records of a failed part, which have arrived all the
// same, so that only the others are retried or lost.
func (e *batchExport) keepWritten(o *outcome) {
	if o.written == 0 {
		return
	}
	rest := e.parts[0].n - o.written
	e.parts = append([]part{{n: o.written, tried: true}, {n: rest, tried: true}}, e.parts[1:]...)
	o.written = 0
	e.succeed(outcome{})
}

// succeed completes a part that the receiver has accepted.
func (e *batchExport) succeed(o outcome) bool {
	e.accepted, e.failed = true, false
	e.w.splitsUseless = false
	e.w.p.exportSucceeded(e.w.exporter)
	return e.complete(o)
}

// fail decides what becomes of a part that the receiver has not accepted.
func (e *batchExport) fail(o outcome) bool {
	p, history := e.w.p, &e.b.Retry
	if o.why == shutdownTimeout { // no exporter got it
		if history.Attempts > 0 {
			o.why = reason(history.Cause)
		}
		return e.complete(o)
	}
	if p.exportCtx.Err() != nil { // Shutdown's time is up, and the export was cancelled
		return e.complete(o)
	}
	class, scope := o.class, backoff.ScopeAll
	switch {
	case o.why == exportPanic:
		scope = backoff.ScopeExporter
	case class == Poisoned, class == Unknown && e.accepted:
		scope = backoff.ScopeNone // the receiver is there
	}
	if class == Unknown {
		history.UnknownFailures++
	}
	switch {
	case class == Transient, class == Unknown && history.UnknownFailures < p.cfg.retry.MaxUnknownAttempts:
		return e.retry(o)
	case class != Permanent && e.bisect():
		return true
	}
	if scope != backoff.ScopeNone || !e.accepted {
		e.failed, e.scope, e.err = true, scope, o.err
	}
	return e.complete(o)
}

// retry puts what is left of the batch back into the queue, unless a retry is disabled or
// pointless.
func (e *batchExport) retry(o outcome) bool {
	w, p, history := e.w, e.w.p, &e.b.Retry
	retry, now := p.cfg.retry, time.Now()
	if retry.Disabled || e.closed && !w.exporter.backoff.OthersWork() {
		// An attempt that began after the queue was closed is the last one. After an attempt
		// that was under way when Shutdown began there is one more.
		e.failed, e.scope, e.err = true, backoff.ScopeAll, o.err
		return e.complete(o)
	}
	if history.Attempts == 0 {
		history.FirstFailure = now
		if !p.queue.Closed() {
			p.reporter.Report(o.describeError(w.exporter, true))
		}
	}
	lastAttempt := history.FirstFailure.Add(retry.MaxElapsedTime)
	if !now.Before(lastAttempt) {
		e.loseAll(o)
		return false
	}
	history.Attempts++
	history.Cause = uint8(o.why)

	for _, rest := range e.parts {
		if !rest.tried {
			p.ledger.submitted.Add(uint64(rest.n)) // soon; a batch that is put back counts as submitted
		}
	}
	othersWork := p.exportFailed(w.exporter, backoff.Failure{Scope: backoff.ScopeAll, Hint: o.hint, LastAttempt: lastAttempt}, o.err)
	var flushErr error
	if o.class == Transient && !othersWork && !p.queue.Closed() {
		flushErr = o.err // no exporter will take the batch now, so a flush must not wait for it
	}
	flushing, ok := w.consumer.Requeue(e.b, flushErr, p.displacedByRetry)
	if !ok { // Shutdown's time is up
		e.parts = []part{{n: len(e.b.Records())}}
		return e.complete(o)
	}
	if flushing && !othersWork {
		w.exporter.backoff.EndPause()
	}
	return false
}

// bisect splits the next part in two. It reports false if the part cannot be split, or
// splits have been useless so far.
func (e *batchExport) bisect() bool {
	w, n := e.w, e.parts[0].n
	if n < 2 || w.splitsUseless || e.splits == 0 || w.p.cfg.retry.Disabled {
		return false
	}
	e.splits--
	e.split = true
	e.parts = append([]part{{n: n / 2, tried: true}, {n: n - n/2, tried: true}}, e.parts[1:]...)
	return true
}

// complete commits the outcome of the next part, and returns the batch's memory after the
// last one. It reports whether parts remain.
func (e *batchExport) complete(o outcome) bool {
	w, n, last := e.w, e.parts[0].n, len(e.parts) == 1
	commit := w.p.prepareCommit(w.exporter, e.b.Records()[:n], o, e.parts[0].tried)
	if !last {
		e.parts = e.parts[1:]
		w.consumer.SettleFirst(e.b, n, o.err, commit)
	} else {
		// Before the commit: a caller that waits for these records may look at Stats.
		if e.failed {
			w.p.exportFailed(w.exporter, backoff.Failure{Scope: e.scope}, e.err)
		}
		w.splitsUseless = w.splitsUseless || e.split && !e.accepted
		if flushing := w.consumer.Settle(e.b, o.err, commit); flushing && e.failed {
			w.exporter.backoff.EndPause() // the flush waits for the next batches, too
		}
	}
	if !w.p.queue.Closed() { // else Shutdown returns it, and who calls that prints it
		w.p.reporter.Report(o.describeError(w.exporter, false))
	}
	return !last
}

// loseAll completes all that is left of the batch as lost.
func (e *batchExport) loseAll(o outcome) {
	e.parts = []part{{n: len(e.b.Records())}}
	e.failed, e.scope, e.err = true, backoff.ScopeAll, o.err
	e.complete(o)
}

// tooLarge is the outcome of a record that is too large to export.
func (p *Processor) tooLarge(size int) outcome {
	err := fmt.Errorf("asynclog: a log record of about %d bytes is above the limit of %d (WithExportMaxBatchBytes)",
		size, p.cfg.maxBatchBytes)
	return outcome{err: err, failed: true, why: recordTooLarge}
}
