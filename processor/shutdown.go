package processor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/krunchwrapper/asynclog/internal/contexts"
	"github.com/krunchwrapper/asynclog/internal/plural"
	"github.com/krunchwrapper/asynclog/processor/internal/report"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// Shutdown stops taking records, exports the queued ones until the context ends, and
// shuts the exporters down, which it does in any case. Records that are still queued
// when the context ends are counted as [ReasonShutdownTimeout]. Exports that are still
// under way then are cancelled; their records are counted as [ReasonExportTimeout] if
// the exporter does not return at once. Critical records among them go to the fallback.
//
// In an outage Shutdown does not wait for the pauses between attempts: each batch gets
// one more attempt. If that fails, its records are counted under the reason of the last
// failure.
//
// If the shutdown lost records the error is, or wraps, a [*ShutdownError], which says
// how many and why. It also wraps the context's error and those of the exports and
// exporters, for errors.Is.
//
// When Shutdown returns, no goroutine of the processor is left except those that an
// exporter, a fallback writer, an error handler, a drop hook or [RetryConfig].Classify
// blocks.
// Only the first call does anything; further calls return nil.
func (p *Processor) Shutdown(ctx context.Context) error {
	if p.stopped.Swap(true) || len(p.exporters) == 0 {
		return nil
	}
	ctx = contexts.OrBackground(ctx)
	p.syncDisplaced() // records displaced before were not lost by the shutdown
	before := p.ledger.dropCounts()

	var errs []error
	if p.queue != nil {
		errs = append(errs, p.shutdownQueue(ctx))
		if p.gaps != nil {
			p.fallback.Drain(ctx) // the ledger counts a fallback record when it is written
		}
		p.reportLastGap(ctx)
	} else {
		p.shutdownSynchronous(ctx)
	}
	errs = append(errs, ctx.Err(), p.forAllExporters(func(h *exporterHandle) error { return h.shutdown(ctx) }))
	p.cancelExports()
	p.fallback.Finish(ctx)

	err := report.OneLine(errors.Join(errs...))
	if lost := p.ledger.dropCounts().since(&before).byShutdown(); len(lost) > 0 {
		err = &ShutdownError{Lost: lost, Err: err}
	}
	p.gaps.finish()
	p.metrics.finish()
	p.reporter.Report(usercode.Contained(ctx, "MeterProvider", p.instruments.Finish))
	p.reporter.Finish(ctx)
	p.ledger.hook.finish(ctx)
	return err
}

// shutdownQueue drains the queue until the context ends, and accounts for the rest. It
// returns the errors of the exports.
func (p *Processor) shutdownQueue(ctx context.Context) error {
	flush := p.queue.BeginFlush()
	p.queue.Close()
	p.backoff.Wake()
	p.flushTimer.Stop()

	if p.endExports(ctx, p.awaitWorkers, p.discardQueued, func() {
		for _, w := range p.workers {
			w.abandon()
		}
	}) {
		return flush.Err()
	}
	select {
	case <-flush.Done():
		return flush.Err()
	default: // a concurrent OnEmit added a record after the flush began
		return nil
	}
}

// shutdownSynchronous waits for the export under way until the context ends, and accounts
// for its record if the exporter does not return then.
func (p *Processor) shutdownSynchronous(ctx context.Context) {
	s := p.synchronous
	close(s.closed)
	p.endExports(ctx, s.awaitIdle, func() {}, func() {
		abandon(&s.current, s.idle, func(f *inFlight) { p.completeSynchronous(f, abandoned) })
	})
}

// endExports waits for the exports until the context ends. It reports whether they ended
// in time. Otherwise it calls discard for what is still queued, cancels the exports, and
// calls abandonAll if they do not end within the usercode.CancelTimeout. wait reports
// whether the exports ended before the timeout.
func (p *Processor) endExports(
	ctx context.Context,
	wait func(timeout <-chan struct{}) bool,
	discard, abandonAll func(),
) bool {
	if ctx.Err() == nil && wait(ctx.Done()) {
		return true
	}
	discard()
	p.cancelExports()
	late, cancel := context.WithTimeout(context.Background(), usercode.CancelTimeout)
	defer cancel()
	if !wait(late.Done()) {
		abandonAll()
	}
	return false
}

// awaitWorkers waits until all workers have ended. It reports whether they have before
// the timeout.
func (p *Processor) awaitWorkers(timeout <-chan struct{}) bool {
	for _, w := range p.workers {
		select {
		case <-w.done:
			continue
		default:
		}
		select {
		case <-w.done:
		case <-timeout:
			return false
		}
	}
	return true
}

// discardQueued removes what is still queued, and accounts for it.
func (p *Processor) discardQueued() {
	for _, b := range p.queue.Remove() {
		why, tried := shutdownTimeout, b.Retry.Attempts > 0
		if tried {
			why = reason(b.Retry.Cause) // it may have arrived, or is known to have been refused
		}
		lost := p.groupLost(b.Records(), why, tried)
		p.queue.Discard(b, nil, func() { p.commitLoss(lost) })
	}
}

// abandoned is the outcome of an export that Shutdown no longer waits for.
var abandoned = outcome{failed: true, why: exportTimeout}

// ShutdownError is the error of a [Processor.Shutdown] that lost records.
type ShutdownError struct {
	// Lost are the records that the shutdown lost: those still queued or being
	// exported when its context ended, and those whose last export failed. It does not
	// contain what was lost before or afterwards.
	Lost []Drop
	// Err joins the context's error and those of the exports and exporters; nil if
	// there is none.
	Err error
}

// Total returns how many records were lost.
func (e *ShutdownError) Total() uint64 {
	var n uint64
	for _, d := range e.Lost {
		n += d.Count
	}
	return n
}

// Error returns a text such as "asynclog: shutdown lost 12 records
// (shutdown_timeout: 2 DEBUG, 10 INFO): context deadline exceeded".
func (e *ShutdownError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "asynclog: shutdown lost %s (", plural.Of(e.Total(), "record"))
	var last Reason
	for i, d := range e.Lost {
		switch {
		case i == 0:
			fmt.Fprintf(&b, "%s: ", d.Reason)
		case d.Reason != last:
			fmt.Fprintf(&b, "; %s: ", d.Reason)
		default:
			b.WriteString(", ")
		}
		last = d.Reason
		fmt.Fprintf(&b, "%d %s", d.Count, d.Severity)
	}
	b.WriteString(")")
	if e.Err != nil {
		b.WriteString(": " + report.Text(e.Err))
	}
	return b.String()
}

// Unwrap returns Err.
func (e *ShutdownError) Unwrap() error { return e.Err }

// byShutdown lists the losses of records that had been accepted. If they were counted
// after the queue was closed, the shutdown lost them. Records that would have been lost in
// any case are not among them.
func (n dropCounts) byShutdown() []Drop {
	for _, why := range []reason{queueFull, evicted, alreadyShutdown, recordTooLarge} {
		n[why] = [severityRanges]uint64{}
	}
	return n.list()
}
