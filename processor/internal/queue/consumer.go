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
// has nothing left.
func (c *Consumer) Take() *Batch {
	q := c.q
	q.mu.Lock()
	for {
		if b := q.nextLocked(); b != nil {
			c.holding = b
			q.inFlight += b.live()
			q.mu.Unlock()
			b.settleIn(c.commit)
			return b
		}
		if q.closed.Load() {
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
		q.mu.Lock()
	}
}

// nextLocked returns the batch that is next to be handed out, if any is.
func (q *Queue) nextLocked() *Batch {
	if len(q.ready) > 0 {
		b := q.removeReadyLocked(0)
		q.publishLocked()
		return b
	}
	if !q.due.Load() {
		return nil
	}
	b := q.tail
	q.sealTailLocked()
	if q.policy == DropLowest {
		q.unindexLocked(b)
	}
	q.publishLocked()
	return b // it has records: who evicts one from the tail adds one there
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
	q.drainedLocked()
	return b
}

// Settle ends the life of the batch that the consumer holds: book, called under
// the queue's mutex so that no snapshot falls between, writes its outcome into
// the ledger, flushes that cover it are told err, and its memory is used again.
func (c *Consumer) Settle(b *Batch, err error, book func()) {
	q := c.q
	q.mu.Lock()
	c.settleLocked(b, err, book)
	q.mu.Unlock()

	// Cleared outside the lock: it is the longest part.
	b.reset(b.claimed)
	q.mu.Lock()
	q.keepLocked(b)
	q.mu.Unlock()
}

// Abandon settles the batch that the consumer holds while somebody may still be
// reading it: its memory is left to the garbage collector.
func (c *Consumer) Abandon(b *Batch, err error, book func()) {
	c.q.mu.Lock()
	c.settleLocked(b, err, book)
	c.q.mu.Unlock()
}

func (c *Consumer) settleLocked(b *Batch, err error, book func()) {
	book()
	c.holding = nil
	c.q.inFlight -= b.claimed
	for _, f := range b.flushes {
		f.settleLocked(err)
	}
}
