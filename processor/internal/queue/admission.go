package queue

import (
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// This file decides where the next record goes: which batch is open, and how many of its
// slots may be claimed. All of it runs under the mutex.

// newcomer is a record that is offered.
type newcomer struct {
	rec      *sdklog.Record
	level    uint8
	size     int  // in bytes; 0 where these are not bounded
	hasBytes bool // its bytes are taken
}

// limitLocked returns how many slots of the tail may be claimed in all so that the queue
// stays within its capacity. Claims do not change it.
func (q *Queue) limitLocked(tail *Batch) uint32 {
	return uint32(min(q.size, q.capacity-q.readyLive-q.reserved+tail.holes))
}

// admitLocked claims a slot for a new record, and takes the record's bytes if it has none
// yet. The record keeps the bytes even if there is no slot.
func (q *Queue) admitLocked(n *newcomer) (*Batch, uint32, bool) {
	if q.bytes != nil && !q.obtainBytes(n) {
		return nil, 0, false
	}
	return q.claimSlotLocked()
}

// claimSlotLocked claims the next slot for one producer. It returns false if the queue is
// full.
func (q *Queue) claimSlotLocked() (*Batch, uint32, bool) {
	for q.ensureTailLocked() {
		t := q.tail
		word := t.word.Load()
		claimed := handedOut(word)
		limit := q.limitLocked(t)
		switch {
		case claimed < limit:
			// Limit and claim change together, so that no producer on the fast path can
			// take the slot that was made for this one.
			if t.word.CompareAndSwap(word, pack(limit, claimed+1)) {
				return t, claimed, true
			}
		case int(claimed) == q.size:
			q.pushTailLocked()
		default:
			return nil, 0, false
		}
	}
	return nil, 0, false
}

// reopenLocked ends an overwrite window, hands free capacity to waiters in the order in
// which they came, and opens what is left to all producers.
func (q *Queue) reopenLocked() {
	q.endOverwriteLocked()
	for q.waiters.Len() > 0 && q.admitWaiterLocked() {
	}
	q.openLocked()
	q.expediteByBytesLocked()
}

// openLocked opens the tail up to its limit if no producer waits.
func (q *Queue) openLocked() {
	for q.ensureTailLocked() {
		t := q.tail
		word := t.word.Load()
		claimed := handedOut(word)
		limit := q.limitLocked(t)
		switch {
		case int(claimed) == q.size:
			q.pushTailLocked()
		case claimed >= limit:
			q.closeOpenLocked()
			return
		case q.waiters.Len() > 0:
			// No producer may overtake one that waits for bytes, not even one that
			// still holds a pointer to the tail as the open batch.
			if next := pack(claimed, claimed); next == word || t.word.CompareAndSwap(word, next) {
				q.closeOpenLocked()
				return
			}
		default:
			limit = q.capAtHighMarkLocked(t, claimed, limit)
			if next := pack(limit, claimed); next == word || t.word.CompareAndSwap(word, next) {
				q.open.Store(t)
				return
			}
		}
	}
	q.closeOpenLocked()
}

// closeOpenLocked stops claims without the mutex, because the queue is full or closed.
// Under DropOldest it begins an overwrite window instead, if it can. A full queue that has
// marks is under pressure, a closed one is not.
func (q *Queue) closeOpenLocked() {
	if !q.openOverwriteLocked() {
		q.open.Store(nil)
	}
	q.setPressureLocked(q.high > 0 && !q.closed.Load())
}

// ensureTailLocked reports whether there is a tail. It opens one if there is none and the
// queue has capacity for it.
func (q *Queue) ensureTailLocked() bool {
	if q.tail != nil {
		return true
	}
	if q.closed.Load() || q.readyLive+q.reserved >= q.capacity {
		return false
	}
	q.tail = q.takeFreeLocked()
	q.tail.opened = time.Now()
	q.tail.word.Store(pack(q.limitLocked(q.tail), 0))
	return true
}

// pushTailLocked seals the tail and appends it to the ready batches.
func (q *Queue) pushTailLocked() {
	b := q.tail
	q.sealTailLocked()
	if b.live() == 0 {
		q.retireLocked(b)
		return
	}
	q.readyLive += b.live()
	q.ready = append(q.ready, b)
	if q.policy == DropLowest {
		q.indexLocked(b)
		q.mergeAroundLocked(len(q.ready) - 1)
	}
	q.wakeLocked()
}

// sealTailLocked seals the tail and removes it from the queue. The caller decides where it
// goes.
func (q *Queue) sealTailLocked() {
	q.tail.seal()
	q.admitted += uint64(q.tail.claimed)
	q.tail = nil
	q.due.Store(false)
}
