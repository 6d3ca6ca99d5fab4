package queue

import sdklog "go.opentelemetry.io/otel/sdk/log"

// Victim is a record that gave way to another.
type Victim struct {
	Level  uint8
	Tried  bool           // it has been in the hands of a consumer before
	Cause  uint8          // then, the Cause of its batch's Trail
	Record *sdklog.Record // a copy; nil below the keep level
	size   int            // in bytes, where these are bounded
}

// displaceUnlock makes room for the record by evicting another, if the policy
// finds one that should give way. It releases the mutex.
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
	if ok { // always: the eviction made the room, and the mutex kept it
		b.put(slot, &n)
	}
	q.displaced(v)
	if !ok {
		return Full
	}
	return Accepted
}

// evictForLocked evicts the record that gives way to one of the level, if any does.
func (q *Queue) evictForLocked(level uint8, v *Victim) bool {
	if q.policy == DropOldest {
		return q.evictOldestLocked(v)
	}
	return q.evictLowestLocked(level, v)
}

// evictOldestLocked evicts the oldest committed record. A record that is still
// being copied belongs to a call that runs at the same time as this one, which
// may as well have come later; if there are only such, nothing is evicted and
// the newcomer is refused, which is one record lost for one newcomer all the
// same.
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

// evictFirstLocked evicts the first committed record of the batch's first n
// slots.
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
	v.Level, v.Tried, v.Cause, v.size = level, b.requeued, b.Trail.Cause, b.slots.size(slot)
	if level >= q.keepLevel {
		r := b.slots.records[slot]
		v.Record = &r
	}
	b.slots.evict(slot)
}

// evictedLocked accounts for an eviction from the i-th ready batch, and retires
// the batch when that was its last record.
func (q *Queue) evictedLocked(i int, b *Batch) {
	b.holes++
	q.readyLive--
	if b.live() > 0 {
		return
	}
	q.removeReadyLocked(i)
	q.retireLocked(b)
}

// retireLocked ends the life of a batch without records. Every slot that was
// claimed is committed and evicted, so no producer is writing to any.
func (q *Queue) retireLocked(b *Batch) {
	for _, f := range b.flushes {
		f.settleLocked(nil)
	}
	q.freeLocked(b)
}
