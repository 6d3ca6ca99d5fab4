package queue

import (
	"slices"
	"time"
)

// trimInterval is how long batches must be unused, at least, before their memory is freed.
const trimInterval = time.Second

// takeFreeLocked returns an empty batch. The caller is a producer that opens the next
// batch, so it allocates only as an exception: Prepare keeps one batch ahead.
func (q *Queue) takeFreeLocked() *Batch {
	n := len(q.free)
	if n == 0 {
		q.wantSpare()
		return q.newBatch()
	}
	b := q.free[n-1]
	q.free[n-1] = nil
	q.free = q.free[:n-1]
	q.leastFree = min(q.leastFree, n-1)
	if n == 1 && q.readyLive+q.reserved+q.size < q.capacity {
		q.wantSpare()
	}
	return b
}

// freeLocked keeps a batch that has no records left for later use. It is the first to be
// used again. That use or the next Tick empties its slots, because emptying them here would
// delay producers. Where bytes are bounded the slots are emptied at once: otherwise evicted
// records would take memory beyond the bound.
func (q *Queue) freeLocked(b *Batch) {
	b.recycle()
	if q.bytes != nil {
		b.wipe()
	}
	q.addFreeLocked(b)
}

// wipe empties the slots of up to limit free batches, one at a time. Batches that become
// free meanwhile are left to the next call; otherwise a flood of records could keep the
// caller here.
func (q *Queue) wipe(limit int) {
	for range limit {
		b := q.takeStale()
		if b == nil {
			return
		}
		b.wipe()
		q.mu.Lock()
		q.addFreeLocked(b)
		q.mu.Unlock()
	}
}

// takeStale removes a free batch whose slots are not empty from the queue and returns it,
// or nil.
func (q *Queue) takeStale() *Batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.IndexFunc(q.free, func(b *Batch) bool { return b.stale > 0 })
	if i < 0 {
		return nil
	}
	b := q.free[i]
	q.free = slices.Delete(q.free, i, i+1)
	q.leastFree = min(q.leastFree, len(q.free))
	return b
}

// addFreeLocked keeps an empty batch for later use. A closed queue keeps none: its counts
// may be read long after, and would keep the batches alive.
func (q *Queue) addFreeLocked(b *Batch) {
	if !q.closed.Load() {
		q.free = append(q.free, b)
	}
}

func (q *Queue) wantSpare() {
	select {
	case q.spare <- struct{}{}:
	default:
	}
}

// WantsSpare returns a channel that receives when Prepare should be called.
func (q *Queue) WantsSpare() <-chan struct{} { return q.spare }

// Prepare allocates the batch that will be needed next, so that no producer has to.
func (q *Queue) Prepare() {
	q.mu.Lock()
	needed := len(q.free) == 0 && !q.closed.Load()
	q.mu.Unlock()
	if !needed {
		return
	}
	b := q.newBatch()
	b.slots.touch()
	q.mu.Lock()
	q.addFreeLocked(b)
	q.mu.Unlock()
}

// trimLocked frees the batches that were not needed for a while, except one.
func (q *Queue) trimLocked(now time.Time) {
	if now.Sub(q.trimmed) < trimInterval {
		return
	}
	if unused := min(q.leastFree, len(q.free)); unused > 1 {
		kept := copy(q.free, q.free[unused-1:])
		clear(q.free[kept:])
		q.free = q.free[:kept]
	}
	q.leastFree = len(q.free)
	q.trimmed = now
}
