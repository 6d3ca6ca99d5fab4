package queue

import (
	"sync/atomic"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// byteBound is the room that a queue has in bytes. All producers change one
// counter, which is what the bound costs them.
//
// Invariants, whenever the mutex is free:
//   - used <= max.
//   - used is the size of the records that are ready, in the tail, or held by a
//     consumer that took them the second time (reserved), and of those that a
//     producer has a slot for, or is looking for one.
//
// So a record's bytes are taken before its slot, and returned when the batch that
// it is in is taken and known to be committed, when it gives way, or when it is
// refused.
type byteBound struct {
	max       int64
	high, low int64 // marks of pressed
	// half is from where on the tail is not left open for more: see expediteByBytesLocked. It is
	// half of what is not reserved.
	half atomic.Int64
	_    [32]byte // what is above hardly changes

	used atomic.Int64
	_    [56]byte

	// Guarded by the queue's mutex.
	reserved   int
	unreleased int // batches that were taken, and have not returned their bytes yet
}

func newByteBound(cfg Config) *byteBound {
	y := &byteBound{max: int64(cfg.MaxBytes), high: int64(cfg.HighBytes), low: int64(cfg.LowBytes)}
	y.reserveLocked(0)
	return y
}

// reserveLocked reserves so many bytes more. reopenLocked is called after that.
func (y *byteBound) reserveLocked(size int) {
	y.reserved += size
	y.half.Store(y.max - (y.max-int64(y.reserved))/2)
}

// take takes bytes, if there are so many, and tells whether that has brought the
// queue to one of its marks, at which somebody has to look at it. A failed attempt
// leaves no trace, so that it cannot make another one fail.
func (y *byteBound) take(size int) (reached, ok bool) {
	for {
		before := y.used.Load()
		after := before + int64(size)
		if after > y.max {
			return false, false
		}
		if y.used.CompareAndSwap(before, after) {
			return y.passes(before, after), true
		}
	}
}

func (y *byteBound) passes(before, after int64) bool {
	half := y.half.Load()
	return before < half && after >= half || before < y.high && after >= y.high
}

// marks tells whether the high mark is reached, or the low one undercut. Bytes that
// are not bounded are few.
func (y *byteBound) marks() (high, low bool) {
	if y == nil {
		return false, true
	}
	used := y.used.Load()
	return used >= y.high, used <= y.low
}

func (y *byteBound) give(size int) { y.used.Add(int64(-size)) }

// OfferSized is [Queue.Offer] for a queue that is bounded by bytes, and a record of
// so many.
func (q *Queue) OfferSized(r *sdklog.Record, level uint8, size int) Verdict {
	if int64(size) > q.bytes.max {
		if q.closed.Load() {
			return Closed
		}
		return TooLarge
	}
	return q.offerSizedTo(q.open.Load(), newcomer{rec: r, level: level, size: size})
}

// offerSizedTo is OfferSized of a producer that has found b open.
func (q *Queue) offerSizedTo(b *Batch, n newcomer) Verdict {
	if b == nil {
		return q.offerSlow(n)
	}
	var reached bool
	reached, n.hasBytes = q.bytes.take(n.size)
	switch {
	case n.hasBytes:
	case q.policy == DropNewest: // a refusal takes no lock
		return q.refuse()
	default:
		return q.offerSlow(n)
	}
	word := b.word.Add(1)
	slot, limit := uint32(word)-1, uint32(word>>32)
	if slot >= limit {
		return q.offerSlow(n) // which looks at the marks
	}
	b.put(slot, &n)
	switch {
	// Whoever looked at the marks while the tail was empty left it to its first record.
	case reached, slot == 0 && q.bytes.used.Load() >= q.bytes.half.Load():
		q.lock()
		q.reopenLocked()
		q.mu.Unlock()
	case slot+1 == limit:
		q.advance(b)
	}
	return Accepted
}

// obtainBytes takes the bytes of a newcomer that has none yet, and tells whether it
// has them now.
func (q *Queue) obtainBytes(n *newcomer) bool {
	if n.hasBytes {
		return true
	}
	_, n.hasBytes = q.bytes.take(n.size) // whoever holds the mutex looks at the marks anyway
	return n.hasBytes
}

// returnBytes gives up the bytes of a newcomer that has no slot. Where others wait
// for bytes, it is called under the mutex and before reopenLocked.
func (q *Queue) returnBytes(n *newcomer) {
	if n.hasBytes {
		q.bytes.give(n.size)
		n.hasBytes = false
	}
}

// releaseBytes returns the bytes of a batch that was taken, now that its size is
// known. Those of one that had been put back are kept for its return.
func (q *Queue) releaseBytes(b *Batch) {
	if q.bytes == nil {
		return
	}
	size := b.slots.sumSizes(0, b.claimed)
	q.lock()
	defer q.mu.Unlock()
	q.bytes.unreleased--
	if b.requeued {
		q.bytes.reserveLocked(size)
	} else {
		q.bytes.give(size)
	}
	q.reopenLocked()
}

// expediteByBytesLocked has the tail handed out when it has half of the bytes that it can have,
// or somebody waits for some, and nothing else is ready: few records may use up the bytes
// long before they fill a batch, and it would be waiting for more while those are refused.
func (q *Queue) expediteByBytesLocked() {
	y, t := q.bytes, q.tail
	if y == nil || y.unreleased > 0 || t == nil || len(q.ready) > 0 || q.due.Load() {
		return
	}
	if (y.used.Load() >= y.half.Load() || q.waiters.Len() > 0) && t.claims() > t.holes {
		q.expediteLocked()
	}
}

// releaseReservedBytesLocked returns the bytes that were kept for the next n records of a batch
// that had been put back.
func (q *Queue) releaseReservedBytesLocked(b *Batch, n int) {
	if q.bytes == nil {
		return
	}
	size := b.slots.sumSizes(b.done, b.done+n)
	q.bytes.reserveLocked(-size)
	q.bytes.give(size)
}

// requeueBytesLocked has the bytes of a batch that is put back count as queued. The
// first time that may be more than the queue may hold.
func (q *Queue) requeueBytesLocked(b *Batch) {
	if q.bytes == nil {
		return
	}
	size := b.slots.sumSizes(0, b.claimed)
	if b.requeued {
		q.bytes.reserveLocked(-size)
	} else {
		q.bytes.used.Add(int64(size))
	}
}

// evictExcessBytesLocked returns the bytes of those that have given way to a batch which
// was put back, and evicts more of them until all fits. There are always enough: all
// records of that batch can be evicted.
func (q *Queue) evictExcessBytesLocked(gone []Victim) []Victim {
	if q.bytes == nil {
		return gone
	}
	for i := range gone {
		q.bytes.give(gone[i].size)
	}
	for q.bytes.used.Load() > q.bytes.max {
		var v Victim
		if q.policy == DropOldest || q.policy == DropLowest {
			q.evictForLocked(MaxLevel+1, &v)
		} else {
			v = q.evictNewestLocked(make([]Victim, 0, 1))[0]
		}
		q.bytes.give(v.size)
		gone = append(gone, v)
	}
	return gone
}

// displaceSizedUnlock is displaceUnlock in a queue that is bounded by bytes: as many
// records give way as the newcomer needs for its bytes and its slot. It releases the
// mutex.
//
//go:noinline
func (q *Queue) displaceSizedUnlock(n newcomer) Verdict {
	if q.policy == DropLowest && !q.fitsAfterEvictionLocked(&n) {
		q.returnBytes(&n)
		q.reopenLocked()
		q.mu.Unlock()
		return Full
	}
	var few [4]Victim
	gone := few[:0]
	// What those that give way leave goes to this newcomer, and not to one that
	// comes past on the fast path.
	left := 0
	var b *Batch
	var slot uint32
	admitted := false
	for {
		if !n.hasBytes {
			_, n.hasBytes = q.bytes.take(max(0, n.size-left))
			if n.hasBytes {
				left = max(0, left-n.size)
			}
		}
		if n.hasBytes {
			if b, slot, admitted = q.claimSlotLocked(); admitted {
				break
			}
		}
		var v Victim
		if !q.evictForLocked(n.level, &v) {
			break
		}
		left += v.size
		gone = append(gone, v)
	}
	q.bytes.give(left)
	if !admitted {
		// Calls that run beside this one hold what it needs.
		q.returnBytes(&n)
		if t := q.tail; t != nil && t.holes > 0 && t.holes == t.claims() {
			q.pushTailLocked() // there is nothing in it to be handed out, if it comes to that
		}
	}
	q.reopenLocked()
	q.mu.Unlock()
	if admitted {
		b.put(slot, &n)
	}
	for i := range gone {
		q.displaced(gone[i])
	}
	if !admitted {
		return Full
	}
	return Accepted
}

// fitsAfterEvictionLocked tells whether a newcomer finds its bytes under DropLowest, if all
// that is lower gives way. Otherwise none is to do so in vain.
func (q *Queue) fitsAfterEvictionLocked(n *newcomer) bool {
	if n.hasBytes {
		return true
	}
	q.indexAllLocked()
	free := int(q.bytes.max - q.bytes.used.Load())
	for _, size := range q.sizes[:n.level] {
		free += size
	}
	return free >= n.size
}
