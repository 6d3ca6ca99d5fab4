package queue

import "time"

// This file decides where the next record goes: which batch is open and how
// many of its slots may be claimed. Everything in it runs under the mutex.

// limitLocked returns how many slots of the tail may be handed out in all so
// that the queue stays within its capacity. Claims do not change it.
func (q *Queue) limitLocked(tail *Batch) uint32 {
	return uint32(min(q.size, q.capacity-q.readyLive-q.reserved+tail.holes))
}

// admitLocked claims a slot for a newcomer, and the bytes if it has none. The bytes
// it keeps, also if there is no slot.
func (q *Queue) admitLocked(n *newcomer) (*Batch, uint32, bool) {
	if q.bytes != nil && !q.obtainBytes(n) {
		return nil, 0, false
	}
	return q.claimSlotLocked()
}

// reserveLocked claims the next slot on behalf of one producer. It reports
// false when the queue is full.
func (q *Queue) claimSlotLocked() (*Batch, uint32, bool) {
	for q.ensureTailLocked() {
		t := q.tail
		word := t.word.Load()
		claimed := handedOut(word)
		limit := q.limitLocked(t)
		switch {
		case claimed < limit:
			// Limit and claim change together: a slot made for this producer
			// cannot be taken by one that comes past on the fast path.
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

// reopenLocked gives room to those who wait for it, first come first served,
// and then opens what is left to everyone.
func (q *Queue) reopenLocked() {
	q.endOverwriteLocked()
	for q.waiters.Len() > 0 && q.admitWaiterLocked() {
	}
	q.openLocked()
	q.expediteByBytesLocked()
}

// openLocked opens the room that there is, if nobody waits for it.
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
			// Who waits for bytes is not passed over, not even by a producer that
			// still takes the tail for open.
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

// closeOpenLocked says that there is no room but what may be had in exchange, or that
// the queue is closed.
func (q *Queue) closeOpenLocked() {
	if !q.openOverwriteLocked() {
		q.open.Store(nil)
	}
	q.setPressureLocked(q.high > 0 && !q.closed.Load())
}

// ensureTailLocked makes sure that there is a tail, unless there is no room for one.
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

// pushTailLocked seals the tail and makes it the last of the ready batches.
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

// sealTailLocked ends the tail's time as the tail. The caller decides where it
// goes.
func (q *Queue) sealTailLocked() {
	q.tail.seal()
	q.admitted += uint64(q.tail.claimed)
	q.tail = nil
	q.due.Store(false)
}
