package metrics

import (
	"math"
	"time"
)

// An operation is forgotten in two steps, both under the registry's mutex: all
// its stripes are marked as forgotten, then it is unlinked. A timer that still has
// the operation finds the mark and counts in its successor, so no measurement is
// lost.

// Reset forgets all operations: their statistics start again from zero. Timers that
// are running are counted when they are stopped. The histogram is not affected,
// because an instrument cannot be reset.
func (m *Monitor) Reset() {
	if m == nil {
		return
	}
	r := m.operations
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgetLocked(math.MaxInt64)
}

// sweep forgets the operations that are idle now.
func (r *registry) sweep() {
	if r.idleExpiry == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweepLocked()
}

// sweepDue reports whether to look for idle operations on behalf of a new one. A
// flood of new names must not cause a search each time.
func (r *registry) sweepDue() bool {
	if r.idleExpiry == 0 {
		return false
	}
	now := r.since(time.Now())
	return now-time.Duration(r.swept.Load()) >= r.idleExpiry/8
}

func (r *registry) sweepLocked() {
	now := r.since(time.Now())
	r.swept.Store(int64(now))
	r.forgetLocked(now - r.idleExpiry)
}

// forgetLocked forgets the operations of which no timer was stopped after the
// given time.
func (r *registry) forgetLocked(before time.Duration) {
	for i := range r.buckets {
		link := &r.buckets[i]
		for op := link.Load(); op != nil; op = op.next.Load() {
			if !op.forget(before) {
				link = &op.next
				continue
			}
			// A reader that is at op now still finds the rest of the list behind it.
			link.Store(op.next.Load())
			if op.name != overflowName {
				r.count.Add(-1)
			}
		}
	}
}

// forget marks all stripes as forgotten and returns true. If a timer was stopped
// after the given time, it marks none and returns false.
func (op *operation) forget(before time.Duration) bool {
	for i := range op.stripes {
		op.stripes[i].mu.Lock()
	}
	idle := op.created <= before
	for i := range op.stripes {
		idle = idle && op.stripes[i].last <= before
	}
	for i := range op.stripes {
		op.stripes[i].forgotten = idle
		op.stripes[i].mu.Unlock()
	}
	return idle
}
