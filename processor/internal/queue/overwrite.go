package queue

// overwriteWindow lets new records overwrite the oldest under DropOldest: the tail of
// a full queue is open, and each claim of a slot evicts the oldest record of the first
// ready batch. Producers are as fast as with free capacity, and the mutex is taken once a
// batch, not once a record.
//
// The number of claims alone says which records are evicted: the n-th claim beyond base
// evicts the n-th record of front. The evictions are carried out when the window ends,
// which is before anything else is done to the queue: see lock.
//
// Invariants:
//   - The queue is exactly full, not counting the claims of the window: without it the
//     tail's limit would be base. With it the limit is base + size.
//   - The size oldest records, which are the only ones that can be evicted, are front's
//     from front.first on, without a gap. They are committed, not evicted, and below the
//     keep level, so that no copy is needed.
//   - Only the code of the window reads front or the tail meanwhile.
type overwriteWindow struct {
	front *Batch // the first ready batch; nil: no window
	base  uint32 // claimed slots of the tail when the window began
	size  uint32 // how many more may be claimed
}

// lock locks the mutex and ends the overwrite window. All code that reads batches or counts
// of records uses it, and finds a queue in which every new record has already evicted its
// old one. Only producers that come for a slot try to claim one in the window first.
func (q *Queue) lock() {
	q.mu.Lock()
	q.endOverwriteLocked()
}

// openOverwriteLocked begins an overwrite window, if the policy and the oldest records
// allow it, and reports whether it did. The queue is full. Without a tail there is no
// window: the next producer takes the mutex, evicts one record and opens a tail. Where
// bytes are bounded there is none either, because the number of records to evict depends on
// their size.
func (q *Queue) openOverwriteLocked() bool {
	if q.policy != DropOldest || q.overwritten == nil || q.bytes != nil || q.tail == nil || len(q.ready) == 0 {
		return false
	}
	front := q.ready[0]
	n := front.runBelow(q.keepLevel)
	if n == 0 {
		return false
	}
	for {
		word := q.tail.word.Load()
		base := handedOut(word)
		n = min(n, uint32(q.size)-base)
		if q.tail.word.CompareAndSwap(word, pack(base+n, base)) {
			q.overwrite = overwriteWindow{front: front, base: base, size: n}
			q.open.Store(q.tail)
			return true
		}
	}
}

// overwritingLocked reports whether there is an overwrite window with a slot to claim.
func (q *Queue) overwritingLocked() bool {
	return q.overwrite.front != nil && q.tail.claims() < int(q.overwrite.base+q.overwrite.size)
}

// claimOverwriteLocked claims a slot in the overwrite window, if one has begun since the
// producer that holds the mutex found no slot. Ending the window instead would take the
// slots from the producers that are claiming them, and those would then do the same to this
// one.
func (q *Queue) claimOverwriteLocked() (*Batch, uint32, bool) {
	if q.overwrite.front == nil {
		return nil, 0, false
	}
	b := q.tail
	word := b.word.Add(1)
	slot, limit := uint32(word)-1, uint32(word>>32)
	if slot >= limit {
		return nil, 0, false
	}
	if slot+1 == limit {
		q.reopenLocked()
	}
	return b, slot, true
}

// runBelow returns how many of the batch's oldest records are committed, without a gap, and
// below the level.
func (b *Batch) runBelow(level uint8) uint32 {
	for b.first < uint32(b.claimed) && b.slots.evicted(b.first) {
		b.first++
	}
	n := b.first
	for n < uint32(b.claimed) {
		if l, ok := b.slots.level(n); !ok || l >= level {
			break
		}
		n++
	}
	return n - b.first
}

// endOverwriteLocked ends the overwrite window, if there is one, and carries out its
// evictions. After that, producers cannot claim slots of the tail until reopenLocked is
// called, or one of them takes the mutex.
func (q *Queue) endOverwriteLocked() {
	front := q.overwrite.front
	if front == nil {
		return
	}
	q.freezeLocked()
	n := uint32(q.tail.claims()) - q.overwrite.base
	q.overwrite = overwriteWindow{}
	if n == 0 {
		return
	}
	var levels [MaxLevel + 1]int
	for i := range n {
		level, _ := front.slots.level(front.first + i)
		levels[min(level, MaxLevel)]++
	}
	for level, count := range levels {
		if count > 0 {
			q.overwritten(Victim{Level: uint8(level), Requeued: front.requeued, Cause: front.Retry.Cause}, count)
		}
	}
	front.first += n
	front.holes += int(n)
	q.readyLive -= int(n)
	if front.live() == 0 {
		q.removeReadyLocked(0)
		q.retireLocked(front)
	}
}
