package queue

// This file decides whether the queue is under pressure. Producers pay nothing
// for it: it is looked at where the mutex is held anyway, when a batch fills or is
// taken, and at the high mark, where claims are made to stop for it.

// Pressed tells whether the queue has reached its high mark, and has not come
// down to the low one since. Room that is kept for batches to come back counts as
// taken. It is one load, and never true of a closed queue.
func (q *Queue) Pressed() bool { return q.pressed.Load() }

// capAtHighMarkLocked looks at a queue of whose tail so many slots are claimed, fewer than
// the limit, and returns how many may be claimed until it is to be looked at
// again.
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
	if q.pressed.Load() != pressed { // many read it, so it is not written in vain
		q.pressed.Store(pressed)
	}
}
