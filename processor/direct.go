package processor

import (
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// direct is synchronous mode: each record is exported by the goroutine that
// emitted it.
//
// Who holds the turn owns rec, next and sizer.
type direct struct {
	turn   chan struct{} // capacity 1: holds a token while a record is exported
	closed chan struct{} // closed when Shutdown begins

	rec   [1]sdklog.Record
	next  int // the lane that is next
	sizer *sizer

	inFlight atomic.Int64
	current  atomic.Pointer[directAttempt]
}

// directAttempt is a record in the hands of an exporter. Its caller and Shutdown
// may both want to settle it; the first does.
type directAttempt struct {
	lane    *lane
	recs    []sdklog.Record
	settled atomic.Bool
}

func newDirect() *direct {
	return &direct{turn: make(chan struct{}, 1), closed: make(chan struct{}), sizer: newSizer()}
}

// emitDirectly exports one record. It waits for its turn, with the processor and
// then with the exporter, no longer than for an export: a caller that an exporter
// itself made, without the context it was given, would wait for ever.
func (p *Processor) emitDirectly(r *sdklog.Record) {
	d := p.direct
	if d == nil || p.stopped.Load() {
		p.turnAway(r, alreadyShutdown)
		return
	}
	timer := time.NewTimer(p.cfg.exportTimeout)
	defer timer.Stop()
	if why, ok := d.takeTurn(timer.C); !ok {
		p.turnAway(r, why)
		return
	}
	defer func() { <-d.turn }()
	d.sizer.begin()
	if size := d.sizer.record(r) + d.sizer.share(r); size > p.cfg.maxBatchBytes {
		p.turnAway(r, recordTooLarge)
		p.reporter.report(p.tooLarge(size).err)
		return
	}
	lane := p.lanes[d.next]
	if p.stopped.Load() || !lane.enter(p.exportCtx, timer.C) {
		why := queueFull
		if p.stopped.Load() {
			why = alreadyShutdown
		}
		p.turnAway(r, why)
		return
	}

	d.next = (d.next + 1) % len(p.lanes)
	p.ledger.turnedAway.Add(1)
	d.inFlight.Add(1)
	d.rec[0] = r.Clone() // an exporter may keep what the record refers to
	a := &directAttempt{lane: lane, recs: d.rec[:]}
	d.current.Store(a)
	p.ledger.submitted.Add(1)

	// What holds if the exporter ends the goroutine (runtime.Goexit).
	o := outcome{err: lane.goexitError("Export"), failed: true, why: exportPanic}
	defer func() {
		d.current.Store(nil)
		if p.settleDirect(a, o) {
			d.rec[0] = sdklog.Record{}
		} // else Shutdown has settled it, and may still be reading it
	}()
	o = lane.export(p.exportCtx, p.cfg.exportTimeout, a.recs)
}

// takeTurn waits for the turn to export, and tells why it has not come before
// the time was up.
func (d *direct) takeTurn(up <-chan time.Time) (why reason, ok bool) {
	select {
	case d.turn <- struct{}{}:
		return 0, true
	default: // whoever need not wait is not too late
	}
	select {
	case d.turn <- struct{}{}:
		return 0, true
	case <-d.closed:
		return alreadyShutdown, false
	case <-up:
		return queueFull, false
	}
}

// settleDirect books what became of the record, and tells whether nobody had
// done so before.
func (p *Processor) settleDirect(a *directAttempt, o outcome) bool {
	if !a.settled.CompareAndSwap(false, true) {
		return false
	}
	if res := a.recs[0].Resource(); o.failed {
		p.failed(a.lane, res, failure{pause: nobody}, o.err)
	} else {
		p.succeeded(a.lane, res)
	}
	p.closing(a.lane, a.recs, o, true)()
	p.direct.inFlight.Add(-1)
	p.reporter.report(o.told(a.lane, false))
	return true
}
