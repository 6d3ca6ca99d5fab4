package queue

import "slices"

// Consumer takes batches from the queue and settles them, one at a time. It is used by one
// goroutine.
type Consumer struct {
	q      *Queue
	wake   chan struct{} // capacity 1: a wake-up is never lost and never blocks
	commit chan struct{} // capacity 1: the slot that the consumer waits for was committed

	// WakeLast makes an idle consumer the last to be woken instead of the first. The
	// goroutine that calls Take sets it.
	WakeLast bool

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

// Take waits for the next batch. It returns nil when the queue is closed and no batch can
// come any more; while another consumer holds a batch, that one may be put back.
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
		if c.WakeLast {
			q.idle = slices.Insert(q.idle, 0, c)
		} else {
			q.idle = append(q.idle, c)
		}
		q.mu.Unlock()
		<-c.wake
		q.lock()
	}
}

// nextLocked removes the next batch to be taken from the queue and returns it, or nil.
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
	return b // it has records: an eviction of the tail's last record adds one or seals the tail
}

// takenLocked updates the counts for a batch that has just left the ready batches or the
// tail. The capacity of a batch that was put back before stays reserved for its return.
func (q *Queue) takenLocked(b *Batch) {
	q.inFlight += b.live()
	if b.requeued {
		q.reserved += b.live()
	}
	if q.bytes != nil {
		q.bytes.unreleased++ // until releaseBytes
	}
}

// removeReadyLocked removes the i-th ready batch from the queue.
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

// SettleFirst settles the first n unsettled records of the batch. It calls account, which
// enters their outcome in the ledger, under the queue's mutex, so that no snapshot sees one
// without the other. Flushes that cover the batch record err and continue.
func (c *Consumer) SettleFirst(b *Batch, n int, err error, account func()) {
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

// releaseLocked updates the counts for n records of a taken batch that are no longer in
// flight.
func (q *Queue) releaseLocked(b *Batch, n int) {
	q.inFlight -= n
	if b.requeued {
		q.reserved -= n
		q.releaseReservedBytesLocked(b, n)
		q.reopenLocked()
	}
}

// Settle settles the batch that the consumer holds. It calls account, which enters the
// outcome of the remaining records in the ledger, under the queue's mutex, so that no
// snapshot sees one without the other. Flushes that cover the batch record err, and the
// batch's memory is used again. Settle reports whether such a flush still waits for other
// batches.
func (c *Consumer) Settle(b *Batch, err error, account func()) (flushing bool) {
	q := c.q
	q.lock()
	c.settleLocked(b, err, account)
	flushing = slices.ContainsFunc(b.flushes, func(f *Flush) bool { return f.pending > 0 })
	q.mu.Unlock()

	// The slots are cleared outside the lock, because that takes longest.
	b.reset()
	q.mu.Lock()
	q.addFreeLocked(b)
	q.mu.Unlock()
	return flushing
}

// Abandon settles the batch that the consumer holds while another goroutine may still read
// it: the batch's memory is left to the garbage collector.
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
