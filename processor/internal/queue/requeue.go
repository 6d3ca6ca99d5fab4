package queue

import "slices"

// PutBack ends the consumer's hold on a batch that is to be taken again: what is
// left of it becomes the first of the ready batches, and is queued from then on. It
// keeps that room while a consumer holds it again. The first time there may be no
// room, because the queue has filled behind it; then as many records give way as do
// not fit, according to the policy. book, called under the queue's mutex so that no
// snapshot falls between, is told of them; their records are copies.
//
// With an error, flushes that cover the batch are over, and return it: it is known
// that nobody will export the batch now. Without, they go on.
//
// It tells whether a flush waits for the batch now. It does nothing and is not ok
// when the queue takes nothing back any more: Remove was called.
func (c *Consumer) PutBack(b *Batch, err error, account func(gone []Victim)) (flushing, ok bool) {
	b.compactSettled()
	q := c.q
	q.lock()
	defer q.mu.Unlock()
	if q.removed {
		return false, false
	}
	if err != nil {
		for _, f := range b.flushes {
			f.abortLocked(err)
		}
		b.flushes = nil
	}
	flushing = slices.ContainsFunc(b.flushes, func(f *Flush) bool { return f.pending > 0 })
	q.inFlight -= b.live()
	q.requeueBytesLocked(b)
	if b.requeued {
		q.reserved -= b.live()
	}
	b.requeued = true
	q.freezeLocked()
	q.pushFrontLocked(b)
	var gone []Victim
	if !q.closed.Load() { // else nobody comes in any more, for whom room would have to be kept
		gone = q.evictExcessLocked()
	}
	account(gone)
	q.reopenLocked()
	c.holding = nil
	q.wakeLocked()
	return flushing, true
}

// pushFrontLocked makes b the first of the ready batches. All its records are
// committed.
func (q *Queue) pushFrontLocked(b *Batch) {
	q.ready = slices.Insert(q.ready, 0, b)
	q.readyLive += b.live()
	if q.policy == DropLowest {
		b.index = levelIndex{}
		q.indexLocked(b)
	}
}

// freezeLocked keeps producers from claiming another slot until reopenLocked is
// called, so that there is a figure to compare with the capacity.
func (q *Queue) freezeLocked() {
	if q.tail == nil {
		return
	}
	for {
		word := q.tail.word.Load()
		n := handedOut(word)
		if q.tail.word.CompareAndSwap(word, pack(n, n)) {
			return
		}
	}
}

// excessLocked returns by how many records the frozen queue exceeds its capacity.
func (q *Queue) excessLocked() int {
	n := q.readyLive + q.reserved - q.capacity
	if q.tail != nil {
		n += q.tail.claims() - q.tail.holes
	}
	return n
}

// evictExcessLocked evicts from a frozen queue, whose first ready batch has come on
// top of its capacity, what is more than that. All records of that batch can be
// evicted, so there are always enough.
func (q *Queue) evictExcessLocked() (gone []Victim) {
	if n := q.excessLocked(); n > 0 {
		gone = make([]Victim, 0, n)
		switch q.policy {
		case DropOldest:
			for range n {
				var v Victim
				q.evictOldestLocked(&v)
				gone = append(gone, v)
			}
		case DropLowest:
			for range n {
				var v Victim
				q.evictLowestLocked(MaxLevel+1, &v)
				gone = append(gone, v)
			}
		default:
			gone = q.evictNewestLocked(gone)
		}
	}
	gone = q.evictExcessBytesLocked(gone)
	if t := q.tail; t != nil && t.claims() == t.holes {
		// It has nothing that could be handed out.
		q.sealTailLocked()
		q.retireLocked(t)
	}
	return gone
}

// evictNewestLocked fills gone, up to its capacity, with the newest committed
// records, which it evicts: those would have been refused if the oldest batch had
// never left. They are in their order.
func (q *Queue) evictNewestLocked(gone []Victim) []Victim {
	if t := q.tail; t != nil {
		gone = q.evictLast(t, t.claims(), gone)
		t.holes += len(gone)
	}
	for i := len(q.ready) - 1; i >= 0 && len(gone) < cap(gone); i-- {
		b, before := q.ready[i], len(gone)
		gone = q.evictLast(b, b.claimed, gone)
		n := len(gone) - before
		b.holes += n
		q.readyLive -= n
		if b.live() == 0 {
			q.removeReadyLocked(i)
			q.retireLocked(b)
		}
	}
	slices.Reverse(gone)
	return gone
}

// evictLast is evictNewestLocked for the first n slots of one batch, whose account
// is the caller's.
func (q *Queue) evictLast(b *Batch, n int, gone []Victim) []Victim {
	for i := n - 1; i >= 0 && len(gone) < cap(gone); i-- {
		if level, ok := b.slots.level(uint32(i)); ok {
			var v Victim
			q.evictSlot(b, uint32(i), level, &v)
			gone = append(gone, v)
		}
	}
	return gone
}
