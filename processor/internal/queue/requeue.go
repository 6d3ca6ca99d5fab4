package queue

import "slices"

// Requeue ends the consumer's hold on a batch that is to be taken again. What is left of
// the batch becomes the first ready batch, and counts as queued from then on. The batch
// keeps that capacity while a consumer holds it again. The first time, the queue may have
// filled behind it; then as many records as exceed the capacity are evicted, according to
// the policy. Requeue calls account with them, under the queue's mutex, so that no snapshot
// sees the queue in between; their records are copies.
//
// With an error, the flushes that cover the batch are over, and return it: it is known that
// no consumer exports the batch now. Without an error they continue.
//
// flushing reports whether a flush now waits for the batch. After Remove, Requeue does
// nothing and ok is false.
func (c *Consumer) Requeue(b *Batch, err error, account func(victims []Victim)) (flushing, ok bool) {
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
	var victims []Victim
	if !q.closed.Load() { // else no producer comes any more that would need the capacity
		victims = q.evictExcessLocked()
	}
	account(victims)
	q.reopenLocked()
	c.holding = nil
	q.wakeLocked()
	return flushing, true
}

// pushFrontLocked makes b the first ready batch. All its records are committed.
func (q *Queue) pushFrontLocked(b *Batch) {
	q.ready = slices.Insert(q.ready, 0, b)
	q.readyLive += b.live()
	if q.policy == DropLowest {
		b.index = levelIndex{}
		q.indexLocked(b)
	}
}

// freezeLocked stops claims until reopenLocked is called, so that the number of claims can
// be compared with the capacity.
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

// evictExcessLocked evicts from a frozen queue the records by which its first ready batch
// makes it exceed its capacity. There are always enough, because all records of that batch
// can be evicted.
func (q *Queue) evictExcessLocked() (victims []Victim) {
	if n := q.excessLocked(); n > 0 {
		victims = make([]Victim, 0, n)
		switch q.policy {
		case DropOldest:
			for range n {
				var v Victim
				q.evictOldestLocked(&v)
				victims = append(victims, v)
			}
		case DropLowest:
			for range n {
				var v Victim
				q.evictLowestLocked(MaxLevel+1, &v)
				victims = append(victims, v)
			}
		default:
			victims = q.evictNewestLocked(victims)
		}
	}
	victims = q.evictExcessBytesLocked(victims)
	if t := q.tail; t != nil && t.claims() == t.holes {
		// It holds no record that a consumer could take.
		q.sealTailLocked()
		q.retireLocked(t)
	}
	return victims
}

// evictNewestLocked evicts the newest committed records, as many as victims has capacity for,
// and appends them to victims in their order: they would have been refused if the oldest batch
// had never left.
func (q *Queue) evictNewestLocked(victims []Victim) []Victim {
	if t := q.tail; t != nil {
		victims = q.evictLast(t, t.claims(), victims)
		t.holes += len(victims)
	}
	for i := len(q.ready) - 1; i >= 0 && len(victims) < cap(victims); i-- {
		b, before := q.ready[i], len(victims)
		victims = q.evictLast(b, b.claimed, victims)
		n := len(victims) - before
		b.holes += n
		q.readyLive -= n
		if b.live() == 0 {
			q.removeReadyLocked(i)
			q.retireLocked(b)
		}
	}
	slices.Reverse(victims)
	return victims
}

// evictLast is evictNewestLocked for the first n slots of one batch. The caller updates the
// batch's counts.
func (q *Queue) evictLast(b *Batch, n int, victims []Victim) []Victim {
	for i := n - 1; i >= 0 && len(victims) < cap(victims); i-- {
		if level, ok := b.slots.level(uint32(i)); ok {
			var v Victim
			q.evictSlot(b, uint32(i), level, &v)
			victims = append(victims, v)
		}
	}
	return victims
}
