package queue

import "slices"

// Consumer takes batches from the queue and settles them, one at a time. It is
// used by one goroutine.
type Consumer struct {
	q      *Queue
	wake   chan struct{} // capacity 1: a wake-up is never lost and never blocks
	commit chan struct{} // capacity 1: the slot that the consumer waits for has been committed

	// Reluctant has the consumer, when it falls idle, be the last to be woken
	// and not the first. It is set by the goroutine that takes.
	Reluctant bool

	holding *Batch // guarded by q.mu
}

// NewConsumer adds a consumer to the queue.
func (q *Queue) NewConsumer() *Consumer {
	c := &Consumer{q: q, wake: make(chan struct{}, 1), commit: make(chan struct{}, 1)}
	q.mu.Lock()
	q.consumers = append(q.consumers, c)
	q.mu.Unlock()
	return c
}

// Take waits for the next batch. It returns nil when the queue is closed and
// will have none any more: a batch that another consumer holds may be put back.
func (c *Consumer) Take() *Batch {
	q := c.q
	q.lock()
	for {
		if b := q.nextLocked(); b != nil {
			c.holding = b
			q.takenLocked(b)
			q.reopenLocked()
			q.mu.Unlock()
			b.makeReadable(c.commit)
			q.releaseBytes(b)
			return b
		}
		if q.exhaustedLocked() {
			q.mu.Unlock()
			return nil
		}
		if c.Reluctant {
			q.idle = slices.Insert(q.idle, 0, c)
		} else {
			q.idle = append(q.idle, c)
		}
		q.mu.Unlock()
		<-c.wake
		q.lock()
	}
}

// nextLocked returns the batch that is next to be handed out, if any is.
func (q *Queue) nextLocked() *Batch {
	if len(q.ready) > 0 {
		return q.removeReadyLocked(0)
	}
	if !q.due.Load() {
		return nil
	}
	b := q.tail
	q.sealTailLocked()
	if q.policy == DropLowest {
		q.unindexLocked(b)
	}
	return b // it has records: who evicts the tail's last adds one there, or ends the tail
}

// takenLocked accounts for a batch that has just left the ready batches or the
// tail. The room of one that had been put back is kept for its return.
func (q *Queue) takenLocked(b *Batch) {
	q.inFlight += b.live()
	if b.requeued {
		q.reserved += b.live()
	}
	if q.bytes != nil {
		q.bytes.unreleased++ // until releaseBytes
	}
}

// removeReadyLocked takes the i-th ready batch out of the queue.
func (q *Queue) removeReadyLocked(i int) *Batch {
	b := q.ready[i]
	if i == 0 {
		q.ready[0] = nil
		q.ready = q.ready[1:]
	} else {
		q.ready = slices.Delete(q.ready, i, i+1)
	}
	q.readyLive -= b.live()
	if q.policy == DropLowest {
		q.unindexLocked(b)
	}
	return b
}

// Progress settles the first n of the records that are left of the batch: book,
// called under the queue's mutex so that no snapshot falls between, writes their
// outcome into the ledger, and flushes that cover the batch are told err and go on.
func (c *Consumer) Progress(b *Batch, n int, err error, account func()) {
	q := c.q
	q.lock()
	defer q.mu.Unlock()
	account()
	for _, f := range b.flushes {
		f.addErrorLocked(err)
	}
	q.releaseLocked(b, n)
	b.done += n
}

// releaseLocked accounts for n records of a taken batch that are in flight no
// longer.
func (q *Queue) releaseLocked(b *Batch, n int) {
	q.inFlight -= n
	if b.requeued {
		q.reserved -= n
		q.releaseReservedBytesLocked(b, n)
		q.reopenLocked()
	}
}

// Settle ends the life of the batch that the consumer holds: book, called under
// the queue's mutex so that no snapshot falls between, writes the outcome of what
// is left of it into the ledger, flushes that cover it are told err, and its memory
// is used again. It tells whether such a flush waits for other batches still.
func (c *Consumer) Settle(b *Batch, err error, account func()) (flushing bool) {
	q := c.q
	q.lock()
	c.settleLocked(b, err, account)
	flushing = slices.ContainsFunc(b.flushes, func(f *Flush) bool { return f.pending > 0 })
	q.mu.Unlock()

	// Cleared outside the lock: it is the longest part.
	b.reset()
	q.mu.Lock()
	q.addFreeLocked(b)
	q.mu.Unlock()
	return flushing
}

// Abandon settles the batch that the consumer holds while somebody may still be
// reading it: its memory is left to the garbage collector.
func (c *Consumer) Abandon(b *Batch, err error, account func()) {
	c.q.lock()
	c.settleLocked(b, err, account)
	c.q.mu.Unlock()
}

func (c *Consumer) settleLocked(b *Batch, err error, account func()) {
	account()
	for _, f := range b.flushes {
		f.settleLocked(err)
	}
	c.q.releaseLocked(b, b.claimed-b.done)
	c.holding = nil
	c.q.signalDrainedLocked()
}
