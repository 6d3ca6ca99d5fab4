package queue

import (
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// waiter is a producer that waits for room under Block. Room is handed to
// waiters in the order in which they came, so none is passed over by a producer
// that comes later.
type waiter struct {
	wake chan struct{} // capacity 1

	// Guarded by the queue's mutex.
	batch *Batch // the slot it was given; nil: none
	slot  uint32
}

// waitUnlock waits until the record has a slot, the longest wait is over, or the
// queue is closed. It releases the mutex.
//
//go:noinline
func (q *Queue) waitUnlock(r *sdklog.Record, level uint8) Verdict {
	if q.maxWait <= 0 {
		q.mu.Unlock()
		return Full
	}
	w := &waiter{wake: make(chan struct{}, 1)}
	place := q.waiters.PushBack(w)
	q.mu.Unlock()

	timer := time.NewTimer(q.maxWait)
	defer timer.Stop()
	select {
	case <-w.wake:
	case <-timer.C:
	}

	q.lock()
	if w.batch == nil {
		// Time is up, or the queue was closed and has forgotten its waiters.
		if !q.closed.Load() {
			q.waiters.Remove(place)
		}
		q.mu.Unlock()
		return Full
	}
	q.mu.Unlock()
	w.batch.slots.put(w.slot, r, level)
	return Accepted
}

// grantLocked gives a slot to the first waiter.
func (q *Queue) grantLocked(b *Batch, slot uint32) {
	w := q.waiters.Remove(q.waiters.Front()).(*waiter) //nolint:errcheck,forcetypeassert // only waiters are in it
	w.batch, w.slot = b, slot
	w.wake <- struct{}{}
}

// dismissLocked lets all waiters go without a slot.
func (q *Queue) dismissLocked() {
	for q.waiters.Len() > 0 {
		w := q.waiters.Remove(q.waiters.Front()).(*waiter) //nolint:errcheck,forcetypeassert // only waiters are in it
		w.wake <- struct{}{}
	}
}
