package queue

import sdklog "go.opentelemetry.io/otel/sdk/log"

// Victim is a record that was evicted in favour of another.
type Victim struct {
	Level    uint8
	Requeued bool           // its batch was put back before
	Cause    uint8          // if so, its batch's Retry.Cause
	Record   *sdklog.Record // a copy; nil below the keep level
	size     int            // in bytes; 0 where these are not bounded
}

// displaceUnlock evicts a record in favour of the new one, if the policy finds one to
// evict. It releases the mutex.
//
//go:noinline
func (q *Queue) displaceUnlock(n newcomer) Verdict {
	var v Victim
	var found bool
	if q.policy == DropOldest {
		found = q.evictOldestLocked(&v)
	} else {
		found = q.evictLowestLocked(n.level, &v)
	}
	if !found {
		q.refreshOpenLocked()
		q.mu.Unlock()
		return Full
	}
	b, slot, ok := q.claimSlotLocked()
	q.reopenLocked()
	q.mu.Unlock()
	if ok { // always true: the eviction freed the slot, and the mutex kept it
		b.put(slot, &n)
	}
	q.displaced(v)
	if !ok {
		return Full
	}
	return Accepted
}

// evictForLocked evicts one record in favour of a record of the level, if the policy finds
// one. It reports whether it did.
func (q *Queue) evictForLocked(level uint8, v *Victim) bool {
	if q.policy == DropOldest {
		return q.evictOldestLocked(v)
	}
	return q.evictLowestLocked(level, v)
}

// evictOldestLocked evicts the oldest committed record and reports whether there was one. A
// record that is still being copied belongs to a concurrent call, which may just as well
// have come later. If there are only such records, nothing is evicted and the new record is
// refused: one record is lost for one new record all the same.
func (q *Queue) evictOldestLocked(v *Victim) bool {
	for i, b := range q.ready {
		if q.evictFirstLocked(b, b.claimed, v) {
			q.evictedLocked(i, b)
			return true
		}
	}
	if q.tail == nil {
		return false
	}
	if !q.evictFirstLocked(q.tail, q.tail.claims(), v) {
		return false
	}
	q.tail.holes++
	return true
}

// evictFirstLocked evicts the first committed record in the batch's first n slots, and
// reports whether there was one.
func (q *Queue) evictFirstLocked(b *Batch, n int, v *Victim) bool {
	for i := b.first; i < uint32(n); i++ {
		if level, ok := b.slots.level(i); ok {
			q.evictSlot(b, i, level, v)
			if i == b.first {
				b.first++
			}
			return true
		}
		if i == b.first && b.slots.evicted(i) {
			b.first++
		}
	}
	return false
}

func (q *Queue) evictSlot(b *Batch, slot uint32, level uint8, v *Victim) {
	v.Level, v.Requeued, v.Cause, v.size = level, b.requeued, b.Retry.Cause, b.slots.size(slot)
	if level >= q.keepLevel {
		r := b.slots.records[slot]
		v.Record = &r
	}
	b.slots.evict(slot)
}

// evictedLocked updates the counts after an eviction from the i-th ready batch, and retires
// the batch if that was its last record.
func (q *Queue) evictedLocked(i int, b *Batch) {
	b.holes++
	q.readyLive--
	if b.live() > 0 {
		return
	}
	q.removeReadyLocked(i)
	q.retireLocked(b)
}

// retireLocked ends the use of a batch without records. Every claimed slot is committed and
// evicted, so no producer writes to any.
func (q *Queue) retireLocked(b *Batch) {
	for _, f := range b.flushes {
		f.settleLocked(nil)
	}
	q.freeLocked(b)
}
