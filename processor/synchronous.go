package processor

import (
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor/internal/backoff"
	"github.com/krunchwrapper/asynclog/processor/internal/size"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// synchronous is the state of synchronous mode, in which a log call waits for the export of
// its record.
//
// The export runs on a goroutine of its own, because the caller may hold a lock that the
// exporter needs: log.Print holds the log package's while it writes. The caller waits no
// longer than for an export, which releases the lock.
//
// The goroutine that holds the turn owns record, next and splitter. The caller acquires
// the turn, and hands it to the goroutine that exports.
type synchronous struct {
	turn   chan struct{} // capacity 1: holds a token while a record is exported
	closed chan struct{} // closed when Shutdown begins

	record   [1]sdklog.Record
	next     int // the index of the exporter that is next
	splitter *size.Splitter

	inFlight  atomic.Int64
	current   atomic.Pointer[inFlight]
	exporting atomic.Uint64 // the number of the goroutine that exports; 0: none
}

func newSynchronous() *synchronous {
	return &synchronous{turn: make(chan struct{}, 1), closed: make(chan struct{}), splitter: size.NewSplitter()}
}

// emitSynchronously exports one record. It waits for its turn, with the processor and
// then with the exporter, no longer than for an export, and then for the export no longer
// than that either. A call from within the exporter does not wait: it would wait for
// itself.
func (p *Processor) emitSynchronously(r *sdklog.Record) {
	s := p.synchronous
	if s == nil || p.stopped.Load() {
		p.refuse(r, alreadyShutdown)
		return
	}
	timer := time.NewTimer(p.cfg.exportTimeout)
	defer timer.Stop()
	if why, ok := s.acquire(timer.C); !ok {
		p.refuse(r, why)
		return
	}
	handedOn := false
	defer func() {
		if !handedOn {
			s.release()
		}
	}()
	if size := s.splitter.RequestSize(r); size > p.cfg.maxBatchBytes {
		p.refuse(r, recordTooLarge)
		p.reporter.Report(p.tooLarge(size).err)
		return
	}
	h := p.exporters[s.next]
	if p.stopped.Load() || !h.acquire(p.exportCtx, timer.C) {
		why := queueFull
		if p.stopped.Load() {
			why = alreadyShutdown
		}
		p.refuse(r, why)
		return
	}

	s.next = (s.next + 1) % len(p.exporters)
	p.ledger.refused.Add(1)
	s.inFlight.Add(1)
	s.record[0] = r.Clone() // an exporter may keep what the record refers to
	f := &inFlight{exporter: h, records: s.record[:]}
	s.current.Store(f)
	p.ledger.submitted.Add(1)

	handedOn = true
	done := make(chan struct{})
	go p.exportSynchronously(f, done)
	// The export's own deadline comes first, so that its outcome is known by then.
	timer.Reset(p.cfg.exportTimeout + usercode.CancelTimeout)
	select {
	case <-done:
	case <-timer.C: // the outcome is committed when the exporter returns
	}
}

// exportSynchronously exports the record in flight, commits its outcome, and releases the
// turn.
func (p *Processor) exportSynchronously(f *inFlight, done chan<- struct{}) {
	s := p.synchronous
	s.exporting.Store(usercode.GoroutineID())
	// The outcome if the exporter ends the goroutine (runtime.Goexit).
	o := outcome{err: f.exporter.goexitError("Export"), failed: true, why: exportPanic}
	defer func() {
		s.exporting.Store(0)
		s.current.Store(nil)
		if f.claim() {
			p.completeSynchronous(f, o)
			s.record[0] = sdklog.Record{}
		} // else Shutdown has committed it, and may still be reading it
		s.release()
		close(done)
	}()
	o = f.exporter.export(p.exportCtx, p.cfg.exportTimeout, f.records)
}

// acquire waits for the turn to export. If the time is up before the turn comes, or the
// processor is shut down, it returns the reason.
func (s *synchronous) acquire(timeout <-chan time.Time) (why reason, ok bool) {
	select {
	case s.turn <- struct{}{}:
		return 0, true
	default: // a caller that need not wait is never too late
	}
	if s.exporting.Load() == usercode.GoroutineID() {
		return queueFull, false
	}
	select {
	case s.turn <- struct{}{}:
		return 0, true
	case <-s.closed:
		return alreadyShutdown, false
	case <-timeout:
		return queueFull, false
	}
}

func (s *synchronous) release() { <-s.turn }

// idle reports whether no record is being exported.
func (s *synchronous) idle() bool {
	select {
	case s.turn <- struct{}{}:
		s.release()
		return true
	default:
		return false
	}
}

// awaitIdle waits until no record is being exported. It reports false if the time is up
// before that.
func (s *synchronous) awaitIdle(timeout <-chan struct{}) bool {
	select {
	case s.turn <- struct{}{}:
		s.release()
		return true
	case <-timeout:
		return false
	}
}

// completeSynchronous commits the outcome of a record that the caller has claimed.
func (p *Processor) completeSynchronous(f *inFlight, o outcome) {
	if o.failed {
		p.exportFailed(f.exporter, backoff.Failure{Scope: backoff.ScopeNone}, o.err)
	} else {
		p.exportSucceeded(f.exporter)
	}
	p.prepareCommit(f.exporter, f.records, o, true)()
	p.synchronous.inFlight.Add(-1)
	p.reporter.Report(o.describeError(f.exporter, false))
}
