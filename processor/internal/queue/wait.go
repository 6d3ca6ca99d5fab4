package queue

import "time"

// waiter is a producer that waits for room under Block. Room is handed to
// waiters in the order in which they came, so none is passed over by a producer
// that comes later.
type waiter struct {
	wake chan struct{} // capacity 1

	// Guarded by the queue's mutex.
	newcomer newcomer
	batch    *Batch // the slot it was given; nil: none
	slot     uint32
}

// waitUnlock waits until the record has a slot, the longest wait is over, or the
// queue is closed. It releases the mutex.
//
//go:noinline
func (q *Queue) waitUnlock(n newcomer) Verdict {
	if q.maxWait <= 0 {
		q.mu.Unlock()
		return Full
	}
	w := &waiter{wake: make(chan struct{}, 1), newcomer: n}
	place := q.waiters.PushBack(w)
	q.reopenLocked() // it may be only bytes that there are too few of, and there is a tail to be shut
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
			if q.bytes != nil {
				q.reopenLocked() // it was too large for the room there is; another may not be
			}
		}
		q.mu.Unlock()
		return Full
	}
	q.mu.Unlock()
	w.batch.put(w.slot, &w.newcomer)
	return Accepted
}

// admitWaiterLocked gives room to the first waiter, and tells whether there was any.
func (q *Queue) admitWaiterLocked() bool {
	first := q.waiters.Front()
	w := first.Value.(*waiter) //nolint:errcheck,forcetypeassert // only waiters are in it
	b, slot, ok := q.admitLocked(&w.newcomer)
	if !ok {
		q.returnBytes(&w.newcomer)
		return false
	}
	q.waiters.Remove(first)
	w.batch, w.slot = b, slot
	w.wake <- struct{}{}
	return true
}

// releaseWaitersLocked lets all waiters go without a slot.
func (q *Queue) releaseWaitersLocked() {
	for q.waiters.Len() > 0 {
		w := q.waiters.Remove(q.waiters.Front()).(*waiter) //nolint:errcheck,forcetypeassert // only waiters are in it
		w.wake <- struct{}{}
	}
}
