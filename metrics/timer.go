package metrics

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Timer is a running operation, made by [Monitor.Start]. It is a value: copies
// are the same timer. It may be stopped on any goroutine, and by several at once.
// The first stop records the duration; the others record nothing. The zero Timer
// records nothing.
type Timer struct {
	monitor    *Monitor
	op         *operation // nil: records nothing
	slot       *slot
	generation uint64
	ctx        context.Context
	start      time.Time
}

// slot is the state that the copies of a timer share. The timer has been stopped
// when the slot's generation is no longer the timer's.
//
// Everything else is in the Timer and never changes, so a stale copy reads nothing
// that belongs to the slot's next timer. A slot belongs to one running timer, or to
// the pool. The slot of a timer that is never stopped is garbage-collected with the
// timer.
type slot struct {
	generation atomic.Uint64
	stripe     uint32 // the stripe of the statistics that counts the timer

	_ [falseSharing - 12]byte // slots of different processors do not share cache lines
}

var (
	slots     sync.Pool
	slotsMade atomic.Uint32
)

func takeSlot() *slot {
	if s, ok := slots.Get().(*slot); ok {
		return s
	}
	// The pool keeps slots by processor, and with them their stripes: timers on
	// different processors mostly count in different stripes.
	return &slot{stripe: slotsMade.Add(1)}
}

// Stop ends the timer and records that the operation succeeded. It returns the
// duration, or 0 if the timer was stopped before.
func (t Timer) Stop() time.Duration {
	return t.stop(failure{})
}

// StopErr is Stop if err is nil. Otherwise it records a failure. The histogram's
// attribute error.type is then the error's type as semconv.ErrorType returns it: the
// result of its method ErrorType() string, or else the name of the type that
// fmt.Errorf wraps. One operation has at most 16 types of its own; further types are
// recorded as "_OTHER". See
// https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/.
func (t Timer) StopErr(err error) time.Duration {
	return t.stop(failure{err: err})
}

// Context returns the context given to [Monitor.Start], with the timer's span if
// there is one ([WithTracer]). It remains usable after Stop. The zero Timer returns
// the background context.
func (t Timer) Context() context.Context {
	if t.ctx == nil {
		return context.Background()
	}
	return t.ctx
}

func (t Timer) stop(f failure) time.Duration {
	if t.op == nil {
		return 0
	}
	d := max(time.Since(t.start), 0)
	if !t.slot.generation.CompareAndSwap(t.generation, t.generation+1) {
		return 0
	}
	if f.err != nil {
		f.kind = errorType(f.err) // after the clock was read, because it takes time
	}
	t.slot.stripe = t.monitor.record(t.ctx, t.op, t.slot.stripe, t.start, d, f.kind)
	slots.Put(t.slot)
	if t.monitor.tracer != nil {
		endSpan(t.ctx, t.start.Add(d), f)
	}
	return d
}
