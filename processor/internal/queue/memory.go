package queue

import (
	"slices"
	"time"
)

// trimInterval is how long batches must lie unused, at least, before their memory is
// given back.
const trimInterval = time.Second

// takeFreeLocked returns an empty batch. The caller is a producer that opens
// the next batch, so allocating here is the exception: Prepare keeps one ahead.
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

// freeLocked keeps a batch for later whose records were evicted. It is the first to be
// used again, and what its slots hold goes then, or when the steward comes by: emptying
// them here would hold up producers. Where bytes are bounded that would be no bound.
func (q *Queue) freeLocked(b *Batch) {
	b.recycle()
	if q.bytes != nil {
		b.wipe()
	}
	q.addFreeLocked(b)
}

// wipe empties the slots of free batches, one at a time and so many at most. What
// becomes free meanwhile has its turn another time, or a flood would hold the caller.
func (q *Queue) wipe(most int) {
	for range most {
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

// takeStale takes a free batch whose slots are not empty out of the queue, or returns nil.
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

// addFreeLocked keeps an empty batch for later. A closed queue needs none, and may
// itself be kept for long, by those who read its counts.
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

// WantsSpare tells when Prepare should be called.
func (q *Queue) WantsSpare() <-chan struct{} { return q.spare }

// Prepare allocates the batch that will be needed next, off the producers' path.
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

// trimLocked gives back the batches that nobody has needed for a while, all but
// one.
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
