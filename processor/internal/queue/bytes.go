package queue

import (
	"sync/atomic"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// byteBound is the bound of a queue in bytes. All producers change one counter, which is
// the cost of the bound.
//
// Invariants, whenever the mutex is free:
//   - used <= max.
//   - used is the size of all records that are ready, in the tail, or held by a consumer
//     that took them again after they were put back (reserved), plus those whose producer
//     has a slot or is looking for one.
//
// So a record's bytes are taken before its slot is. They are returned when its batch was
// taken and all commits are known, when the record is evicted, or when it is refused.
type byteBound struct {
	max       int64
	high, low int64 // high and low mark of the pressure, in bytes
	// half is the number of used bytes from which on the tail is handed out early: see
	// expediteByBytesLocked. It leaves half of the bytes that are not reserved.
	half atomic.Int64
	_    [32]byte // the fields above hardly ever change

	used atomic.Int64
	_    [56]byte

	// Guarded by the queue's mutex.
	reserved   int
	unreleased int // batches that were taken and have not returned their bytes yet
}

func newByteBound(cfg Config) *byteBound {
	y := &byteBound{max: int64(cfg.MaxBytes), high: int64(cfg.HighBytes), low: int64(cfg.LowBytes)}
	y.reserveLocked(0)
	return y
}

// reserveLocked adds size to the reserved bytes. The caller then calls reopenLocked.
func (y *byteBound) reserveLocked(size int) {
	y.reserved += size
	y.half.Store(y.max - (y.max-int64(y.reserved))/2)
}

// take takes size bytes if that many are free. reached reports whether that brought the
// queue to the high mark or to half, which a caller must then handle under the mutex. A
// failed attempt changes nothing, so it cannot make another attempt fail.
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

// marks reports whether the bytes are at or above the high mark, and whether they are at or
// below the low mark. Without a bound only the latter is true.
func (y *byteBound) marks() (high, low bool) {
	if y == nil {
		return false, true
	}
	used := y.used.Load()
	return used >= y.high, used <= y.low
}

func (y *byteBound) give(size int) { y.used.Add(int64(-size)) }

// OfferSized is [Queue.Offer] for a queue that is bounded by bytes; size is the record's
// size in bytes.
func (q *Queue) OfferSized(r *sdklog.Record, level uint8, size int) Verdict {
	if int64(size) > q.bytes.max {
		if q.closed.Load() {
			return Closed
		}
		return TooLarge
	}
	return q.offerSizedTo(q.open.Load(), newcomer{rec: r, level: level, size: size})
}

// offerSizedTo is OfferSized for a producer that found b open.
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
		return q.offerSlow(n) // it checks the marks
	}
	b.put(slot, &n)
	switch {
	// A check of half while the tail was empty could not expedite it: its first record
	// does.
	case reached, slot == 0 && q.bytes.used.Load() >= q.bytes.half.Load():
		q.lock()
		q.reopenLocked()
		q.mu.Unlock()
	case slot+1 == limit:
		q.advance(b)
	}
	return Accepted
}

// obtainBytes takes the bytes of a new record that has none yet, and reports whether it has
// them now.
func (q *Queue) obtainBytes(n *newcomer) bool {
	if n.hasBytes {
		return true
	}
	_, n.hasBytes = q.bytes.take(n.size) // the holder of the mutex checks the marks anyway
	return n.hasBytes
}

// returnBytes returns the bytes of a new record that got no slot. Where producers may wait
// for bytes, the caller holds the mutex and calls reopenLocked afterwards.
func (q *Queue) returnBytes(n *newcomer) {
	if n.hasBytes {
		q.bytes.give(n.size)
		n.hasBytes = false
	}
}

// releaseBytes returns the bytes of a taken batch, whose size is known now. The bytes of a
// batch that was put back before stay reserved for its return.
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

// expediteByBytesLocked expedites the tail if it is all that can be taken, and half of the
// bytes that it can have are used or a producer waits. Otherwise a few large records could
// use up the bytes long before they fill a batch, and the tail would wait for more records
// while those are refused.
func (q *Queue) expediteByBytesLocked() {
	y, t := q.bytes, q.tail
	if y == nil || y.unreleased > 0 || t == nil || len(q.ready) > 0 || q.due.Load() {
		return
	}
	if (y.used.Load() >= y.half.Load() || q.waiters.Len() > 0) && t.claims() > t.holes {
		q.expediteLocked()
	}
}

// releaseReservedBytesLocked returns the bytes that were reserved for the next n records of
// a batch that was put back before.
func (q *Queue) releaseReservedBytesLocked(b *Batch, n int) {
	if q.bytes == nil {
		return
	}
	size := b.slots.sumSizes(b.done, b.done+n)
	q.bytes.reserveLocked(-size)
	q.bytes.give(size)
}

// requeueBytesLocked counts the bytes of a batch that is put back as queued. The first
// time, that may exceed the bound.
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

// evictExcessBytesLocked returns the bytes of the records that were evicted for a batch
// that was put back, and evicts more until the bound holds. There are always enough,
// because all records of that batch can be evicted.
func (q *Queue) evictExcessBytesLocked(victims []Victim) []Victim {
	if q.bytes == nil {
		return victims
	}
	for i := range victims {
		q.bytes.give(victims[i].size)
	}
	for q.bytes.used.Load() > q.bytes.max {
		var v Victim
		if q.policy == DropOldest || q.policy == DropLowest {
			q.evictForLocked(MaxLevel+1, &v)
		} else {
			v = q.evictNewestLocked(make([]Victim, 0, 1))[0]
		}
		q.bytes.give(v.size)
		victims = append(victims, v)
	}
	return victims
}

// displaceSizedUnlock is displaceUnlock for a queue that is bounded by bytes: it evicts as
// many records as the new one needs for its bytes and its slot. It releases the mutex.
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
	victims := few[:0]
	// The bytes of evicted records go to this producer, and not to one on the fast path.
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
		victims = append(victims, v)
	}
	q.bytes.give(left)
	if !admitted {
		// Concurrent calls hold the bytes or the slot that it needs.
		q.returnBytes(&n)
		if t := q.tail; t != nil && t.holes > 0 && t.holes == t.claims() {
			q.pushTailLocked() // it holds no record that a consumer could take
		}
	}
	q.reopenLocked()
	q.mu.Unlock()
	if admitted {
		b.put(slot, &n)
	}
	for i := range victims {
		q.displaced(victims[i])
	}
	if !admitted {
		return Full
	}
	return Accepted
}

// fitsAfterEvictionLocked reports whether a new record would get its bytes under DropLowest
// if all lower records were evicted. If not, none is evicted in vain.
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
