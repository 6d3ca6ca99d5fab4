package queue

import "time"

// waiter is a producer that waits under Block. Capacity is handed to waiters in the order
// in which they came, so no later producer overtakes one.
type waiter struct {
	wake chan struct{} // capacity 1

	// Guarded by the queue's mutex.
	newcomer newcomer
	batch    *Batch // the batch whose slot it got; nil: none
	slot     uint32
}

// LimitWaiting makes a producer that would wait for capacity ask mayWait, without the
// mutex. If it returns false, the record is refused. It must be called before Offer.
func (q *Queue) LimitWaiting(mayWait func() bool) { q.mayWait = mayWait }

// waitUnlock waits until the record has a slot, the maximum wait is over, or the queue is
// closed. It releases the mutex.
//
//go:noinline
func (q *Queue) waitUnlock(n newcomer) Verdict {
	if q.maxWait <= 0 {
		q.mu.Unlock()
		return Full
	}
	w := &waiter{wake: make(chan struct{}, 1), newcomer: n}
	elem := q.waiters.PushBack(w)
	q.reopenLocked() // if only bytes are short, there is an open tail to be closed
	q.mu.Unlock()

	if q.mayWait == nil || q.mayWait() {
		timer := time.NewTimer(q.maxWait)
		defer timer.Stop()
		select {
		case <-w.wake:
		case <-timer.C:
		}
	}

	q.lock()
	if w.batch == nil {
		// Time is up, the producer may not wait, or the queue was closed and has dropped its
		// waiters.
		if !q.closed.Load() {
			q.waiters.Remove(elem)
			if q.bytes != nil {
				q.reopenLocked() // its record was too large for the free bytes; the next one may fit
			}
		}
		q.mu.Unlock()
		return Full
	}
	q.mu.Unlock()
	w.batch.put(w.slot, &w.newcomer)
	return Accepted
}

// admitWaiterLocked gives a slot to the first waiter, and reports whether there was one to
// give.
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

// releaseWaitersLocked ends the wait of all waiters without a slot.
func (q *Queue) releaseWaitersLocked() {
	for q.waiters.Len() > 0 {
		w := q.waiters.Remove(q.waiters.Front()).(*waiter) //nolint:errcheck,forcetypeassert // only waiters are in it
		w.wake <- struct{}{}
	}
}
