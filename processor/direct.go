package processor

import (
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// direct is synchronous mode: each record is exported by the goroutine that
// emitted it.
//
// Who holds the turn owns rec and next.
type direct struct {
	turn   chan struct{} // capacity 1: holds a token while a record is exported
	closed chan struct{} // closed when Shutdown begins

	rec  [1]sdklog.Record
	next int // the lane that is next

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
	return &direct{turn: make(chan struct{}, 1), closed: make(chan struct{})}
}

// emitDirectly exports one record. It waits for its turn no longer than for an
// export: a caller that an exporter itself made, without the context it was
// given, would wait for ever.
func (p *Processor) emitDirectly(r *sdklog.Record) {
	d := p.direct
	if d == nil || p.stopped.Load() {
		p.turnAway(r, alreadyShutdown)
		return
	}
	if why, ok := d.takeTurn(p.cfg.exportTimeout); !ok {
		p.turnAway(r, why)
		return
	}
	defer func() { <-d.turn }()
	if p.stopped.Load() {
		p.turnAway(r, alreadyShutdown)
		return
	}

	p.ledger.turnedAway.Add(1)
	d.inFlight.Add(1)
	d.rec[0] = *r // the caller keeps still until the export is over: no deep copy
	lane := p.lanes[d.next]
	d.next = (d.next + 1) % len(p.lanes)
	a := &directAttempt{lane: lane, recs: d.rec[:]}
	d.current.Store(a)
	p.ledger.submitted.Add(1)

	// What holds if the exporter ends the goroutine (runtime.Goexit).
	o := outcome{err: panicError("Export of "+lane.name, "runtime.Goexit"), failed: true, why: exportPanic}
	defer func() {
		d.current.Store(nil)
		p.settleDirect(a, o)
		d.rec[0] = sdklog.Record{}
	}()
	o = lane.export(p.exportCtx, p.cfg.exportTimeout, a.recs)
}

func (d *direct) takeTurn(timeout time.Duration) (why reason, ok bool) {
	select {
	case d.turn <- struct{}{}:
		return 0, true
	default:
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case d.turn <- struct{}{}:
		return 0, true
	case <-d.closed:
		return alreadyShutdown, false
	case <-timer.C:
		return queueFull, false
	}
}

func (p *Processor) settleDirect(a *directAttempt, o outcome) {
	if !a.settled.CompareAndSwap(false, true) {
		return
	}
	p.closing(a.lane, a.recs, o)()
	p.direct.inFlight.Add(-1)
	p.reporter.report(o.err)
}
