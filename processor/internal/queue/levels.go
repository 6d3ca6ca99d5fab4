package queue

import "slices"

// MaxLevel is the highest level a record can have.
const MaxLevel = 24

// levelCounts counts records, or their bytes, by level.
type levelCounts [MaxLevel + 1]int

// lowest returns the lowest level with a count above 0.
func (c *levelCounts) lowest() (level uint8, ok bool) {
	for l, n := range c {
		if n > 0 {
			return uint8(l), true
		}
	}
	return 0, false
}

// levelIndex holds the levels of a batch's records, for DropLowest. It is built from the
// marks when the batch is full, so it costs producers nothing.
//
// Invariant: counts and sizes cover the live records in the first next slots, and the
// queue's levels and sizes are the sums over all its batches.
type levelIndex struct {
	counts  levelCounts
	sizes   levelCounts          // all 0 where bytes are not bounded
	cursor  [MaxLevel + 1]uint32 // no record of the level lies below
	next    uint32               // first slot that is not indexed
	partial bool                 // indexing stopped at an uncommitted slot
}

// indexLocked adds the batch's committed slots to its index, up to the first uncommitted
// slot.
func (q *Queue) indexLocked(b *Batch) {
	n := b.claimed
	if b == q.tail {
		n = b.claims()
	}
	x := &b.index
	for x.next < uint32(n) && b.slots.committed(x.next) {
		if level, ok := b.slots.level(x.next); ok {
			level = min(level, MaxLevel)
			x.counts[level]++
			q.levels[level]++
			if size := b.slots.size(x.next); size > 0 {
				x.sizes[level] += size
				q.sizes[level] += size
			}
		}
		x.next++
	}
	if b == q.tail {
		return
	}
	if partial := x.next < uint32(n); partial != x.partial {
		x.partial = partial
		if partial {
			q.unindexed++
		} else {
			q.unindexed--
		}
	}
}

// unindexLocked subtracts a batch that leaves the queue from the queue's sums.
func (q *Queue) unindexLocked(b *Batch) {
	for level, n := range b.index.counts {
		q.levels[level] -= n
		q.sizes[level] -= b.index.sizes[level]
	}
	if b.index.partial {
		b.index.partial = false
		q.unindexed--
	}
	b.index.counts, b.index.sizes = levelCounts{}, levelCounts{}
}

// indexAllLocked brings the indexes up to date with the commits since.
func (q *Queue) indexAllLocked() {
	if q.unindexed > 0 {
		q.indexPartialLocked()
	}
	if q.tail != nil {
		q.indexLocked(q.tail)
	}
}

// indexPartialLocked is indexAllLocked for the ready batches whose index is incomplete.
func (q *Queue) indexPartialLocked() {
	for i, b := range slices.Backward(q.ready) { // merging shortens it behind i
		if !b.index.partial {
			continue
		}
		if q.indexLocked(b); !b.index.partial {
			q.mergeAroundLocked(i)
		}
	}
}

// evictLowestLocked evicts the oldest record of the lowest level in the queue, if that
// level is below the new record's. It reports whether it did.
func (q *Queue) evictLowestLocked(newcomer uint8, v *Victim) bool {
	if q.unindexed > 0 { // as indexAllLocked, without the cost of the call
		q.indexPartialLocked()
	}
	if q.tail != nil {
		q.indexLocked(q.tail)
	}
	level, ok := q.levels.lowest()
	if !ok || level >= newcomer {
		return false
	}
	for i, b := range q.ready {
		if b.index.counts[level] > 0 {
			q.evictLevel(b, level, v)
			q.evictedLocked(i, b)
			if b.live() > 0 {
				q.mergeAroundLocked(i)
			}
			return true
		}
	}
	q.evictLevel(q.tail, level, v)
	q.tail.holes++
	return true
}

// evictLevel evicts the batch's first record of the level; there is one.
func (q *Queue) evictLevel(b *Batch, level uint8, v *Victim) {
	x := &b.index
	slot := x.cursor[level]
	for {
		if l, ok := b.slots.level(slot); ok && min(l, MaxLevel) == level {
			break
		}
		slot++
	}
	q.evictSlot(b, slot, level, v)
	x.cursor[level] = slot + 1
	x.counts[level]--
	q.levels[level]--
	x.sizes[level] -= v.size
	q.sizes[level] -= v.size
}

// mergeAroundLocked merges the i-th ready batch with its neighbours if they fit into one.
// The caller has just added it, evicted a record of it or completed its index. Merging
// bounds the slots that holes waste: the live records of two neighbours always exceed one
// batch.
func (q *Queue) mergeAroundLocked(i int) {
	q.mergeLocked(i)
	q.mergeLocked(i - 1)
}

// mergeLocked appends the records of the ready batch behind the i-th to the i-th, in order,
// if both exist and they fit into one. The cost is less than two batches of copies, and the
// evictions that made as many holes pay for it.
func (q *Queue) mergeLocked(i int) {
	if i < 0 || i+1 >= len(q.ready) {
		return
	}
	a, b := q.ready[i], q.ready[i+1]
	if a.live()+b.live() > q.size || a.index.partial || b.index.partial {
		return
	}
	if a.requeued || b.requeued {
		return // the retry state of one must not be applied to the other
	}
	n, m := a.slots.compact(a.first, a.claimed), b.slots.compact(b.first, b.claimed)
	a.slots.appendFrom(n, &b.slots, m)
	a.claimed, a.holes, a.first = n+m, 0, 0
	for level := range b.index.counts {
		a.index.counts[level] += b.index.counts[level]
		a.index.sizes[level] += b.index.sizes[level]
	}
	a.index.cursor = [MaxLevel + 1]uint32{}
	a.index.next = uint32(a.claimed)
	for _, f := range b.flushes {
		f.settleLocked(nil) // it covers a too, which is older, and gets the outcome there
	}
	q.ready = slices.Delete(q.ready, i+1, i+2)
	b.claimed = m
	q.freeLocked(b)
}
