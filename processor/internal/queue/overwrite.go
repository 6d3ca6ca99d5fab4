package queue

// trade is the exchange of records under DropOldest: the tail of a full queue is
// open to newcomers, and each of them that claims a slot displaces the oldest record
// of the first ready batch. Producers hand over as fast as if there were room,
// and the mutex is taken once a batch, not once a record.
//
// Which records are displaced is known from the count of claims alone: the n-th claim
// beyond base displaces the n-th record of front. It is put down when the trade ends,
// which is before anything else is done to the queue: see lock.
//
// Invariants:
//   - The queue is full, but for what has been claimed: without the trade the tail's limit
//     is base. Its limit is base + size.
//   - The size oldest records, the only ones that can be displaced, are front's from
//     front.first on, without a gap: committed, not evicted, and below the keep level,
//     so that no one needs a copy.
//   - No one but the trade looks at front or at the tail meanwhile.
type overwriteWindow struct {
	front *Batch // the first ready batch; nil: no trade
	base  uint32 // slots of the tail that were claimed when it began
	size  uint32 // how many more may be
}

// lock locks the mutex, and ends the trade. Whoever looks at batches or at counts of
// records uses it, and finds a queue in which every newcomer has displaced its record
// already. Only producers that come for a slot look for one in the trade first.
func (q *Queue) lock() {
	q.mu.Lock()
	q.endOverwriteLocked()
}

// openOverwriteLocked begins a trade, if the policy and the oldest records allow it. The
// queue is full. Without a tail there is none: the next newcomer comes by the mutex,
// displaces a record on its own and opens one. Where bytes are bounded there is
// none either: how many records a newcomer displaces depends on their size.
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

// overwritingLocked tells whether there is a trade, with a slot to claim.
func (q *Queue) overwritingLocked() bool {
	return q.overwrite.front != nil && q.tail.claims() < int(q.overwrite.base+q.overwrite.size)
}

// claimOverwriteLocked claims a slot in the trade, if one has begun since the producer that
// holds the mutex found no slot. To end it instead would leave the others, who are claiming
// slots, without, and they would do the same to this one.
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

// run returns how many of the batch's oldest records are committed, without a gap, and
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

// endOverwriteLocked puts down which records were displaced. The tail is closed to
// producers until reopenLocked is called, or one comes by the mutex.
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
			q.overwritten(Victim{Level: uint8(level), Tried: front.requeued, Cause: front.Trail.Cause}, count)
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
