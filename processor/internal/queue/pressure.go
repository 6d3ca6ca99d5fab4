package queue

// This file decides whether the queue is under pressure, at no cost to producers: it is
// decided where the mutex is held anyway, when a batch fills or is taken, and at the high
// mark, where the tail's limit stops claims for that purpose.

// UnderPressure reports whether the queue is under pressure: it has reached its high mark and has
// not come down to the low mark since. Capacity that is reserved for batches to return
// counts as used. The call is one atomic load. It returns false for a closed queue.
func (q *Queue) UnderPressure() bool { return q.pressed.Load() }

// capAtHighMarkLocked updates the pressure of a queue with so many claimed slots in the
// tail, fewer than the limit. It returns how many slots may be claimed until the pressure
// must be updated again.
func (q *Queue) capAtHighMarkLocked(tail *Batch, claimed, limit uint32) uint32 {
	if q.high == 0 {
		return limit
	}
	elsewhere := q.readyLive + q.reserved - tail.holes
	taken := elsewhere + int(claimed)
	high, low := q.bytes.marks()
	switch {
	case high || taken >= q.high:
		q.setPressureLocked(true)
	case low && taken <= q.low:
		q.setPressureLocked(false)
	}
	if q.pressed.Load() {
		return limit
	}
	return uint32(min(int(limit), q.high-elsewhere)) // more than are claimed
}

func (q *Queue) setPressureLocked(pressed bool) {
	if q.pressed.Load() != pressed { // many goroutines read it, so it is written only when it changes
		q.pressed.Store(pressed)
	}
}
