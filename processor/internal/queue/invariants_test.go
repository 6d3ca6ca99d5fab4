package queue

import (
	"slices"
	"testing"
)

// checkInvariants checks the queue against doc.go. Every check is valid at any time under
// the mutex, whatever producers do meanwhile.
func checkInvariants(t *testing.T, q *Queue) {
	t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	checkCapacity(t, q)
	checkBytes(t, q)
	checkOpen(t, q)
	checkOverwrite(t, q)
	checkEnd(t, q)
	checkPlaces(t, q)
	checkReady(t, q)
	checkTail(t, q)
	checkFree(t, q)
	checkLevels(t, q)
	if t.Failed() {
		t.FailNow()
	}
}

func checkCapacity(t *testing.T, q *Queue) {
	t.Helper()
	live := 0
	for _, b := range q.ready {
		live += b.live()
	}
	if live != q.readyLive {
		t.Errorf("readyLive %d, the batches' sum is %d", q.readyLive, live)
	}
	if q.tail != nil {
		live += int(q.tail.word.Load()>>32) - q.tail.holes - int(q.overwrite.size)
	}
	if live+q.reserved > q.capacity && !q.closed.Load() {
		t.Errorf("%d records or claimable slots, and %d reserved, in a queue of %d", live, q.reserved, q.capacity)
	}
	if q.inFlight < 0 || q.reserved < 0 || q.reserved > q.inFlight {
		t.Errorf("%d records in flight, %d of them reserved", q.inFlight, q.reserved)
	}
}

// full reports whether as many slots are claimed as the queue may hold records.
func full(q *Queue) bool {
	live := q.readyLive + q.reserved
	switch {
	case q.overwrite.front != nil: // each claim beyond base evicts a record, when the window ends
		live += int(q.overwrite.base) - q.tail.holes
	case q.tail != nil:
		live += q.tail.claims() - q.tail.holes
	}
	return live == q.capacity
}

// checkOverwrite checks an overwrite window against its documentation.
func checkOverwrite(t *testing.T, q *Queue) {
	t.Helper()
	x := q.overwrite
	if x.front == nil {
		if x != (overwriteWindow{}) {
			t.Errorf("no overwrite window, but %+v", x)
		}
		return
	}
	if q.policy != DropOldest || q.closed.Load() || q.waiters.Len() > 0 {
		t.Errorf("an overwrite window with policy %d, closed %t, %d waiters", q.policy, q.closed.Load(), q.waiters.Len())
	}
	if len(q.ready) == 0 || q.ready[0] != x.front || q.open.Load() != q.tail || q.tail == nil {
		t.Errorf("the overwrite window is not between the first ready batch and the tail")
		return
	}
	if limit := uint32(q.tail.word.Load() >> 32); limit != x.base+x.size || x.size == 0 || !full(q) {
		t.Errorf("the overwrite window is %+v, the tail's limit %d, the queue full: %t", x, limit, full(q))
	}
	for i := range x.size {
		if level, ok := x.front.slots.level(x.front.first + i); !ok || level >= q.keepLevel {
			t.Errorf("slot %d of the overwrite window holds a record: %t, of level %d", x.front.first+i, ok, level)
		}
	}
}

// fitsFirst reports whether there are enough bytes for the first waiter.
func (q *Queue) fitsFirst() bool {
	w := q.waiters.Front().Value.(*waiter)
	return q.bytes == nil || q.bytes.used.Load()+int64(w.newcomer.size) <= q.bytes.max
}

// checkBytes compares the number of used bytes with the records whose size is known.
func checkBytes(t *testing.T, q *Queue) {
	t.Helper()
	if q.bytes == nil {
		if q.sizes != (levelCounts{}) {
			t.Errorf("sizes %v in a queue without a bound of bytes", q.sizes)
		}
		return
	}
	known := q.bytes.reserved
	batches := slices.Clone(q.ready)
	if q.tail != nil {
		batches = append(batches, q.tail)
	}
	for _, b := range batches {
		n := b.claimed
		if b == q.tail {
			n = b.claims()
		}
		for i := range uint32(n) {
			if _, ok := b.slots.level(i); ok {
				known += b.slots.size(i)
			}
		}
	}
	// Producers may have bytes and no slot yet, or be in the middle of a copy, and a batch
	// that is being taken has not returned its bytes.
	if used := int(q.bytes.used.Load()); known > used || used > int(q.bytes.max) && !q.closed.Load() || q.bytes.reserved < 0 {
		t.Errorf("%d bytes of %d taken, %d of them reserved, by records of %d", used, q.bytes.max, q.bytes.reserved, known)
	}
}

func checkOpen(t *testing.T, q *Queue) {
	t.Helper()
	open, closed := q.open.Load(), q.closed.Load()
	switch {
	case open != nil && open != q.tail:
		t.Error("the open batch is not the tail")
	case open != nil && q.waiters.Len() > 0:
		t.Errorf("the queue is open while %d producers wait", q.waiters.Len())
	case open == nil && !closed && q.waiters.Len() == 0 && !full(q):
		t.Error("nothing is open, but the queue is neither full nor closed")
	case q.waiters.Len() > 0 && !full(q) && q.fitsFirst():
		t.Errorf("%d producers wait although the first one fits", q.waiters.Len())
	case q.waiters.Len() > 0 && (closed || q.policy != Block):
		t.Errorf("%d waiters, closed %t, policy %d", q.waiters.Len(), closed, q.policy)
	}
	if y := q.bytes; y != nil && y.unreleased == 0 && q.waiters.Len() > 0 && len(q.ready) == 0 && !q.due.Load() &&
		q.tail != nil && q.tail.claims() > q.tail.holes {
		t.Error("producers wait for the bytes of a tail that is not due")
	}
	if q.due.Load() && (q.tail == nil || q.tail.claims() == 0) {
		t.Error("an empty tail is due")
	}
}

func checkEnd(t *testing.T, q *Queue) {
	t.Helper()
	closed := q.closed.Load()
	if closed && (q.tail != nil || q.open.Load() != nil || len(q.free) > 0 || len(q.idle) > 0 && q.exhaustedLocked()) {
		t.Errorf("a closed queue has tail %p, open %p, %d free batches, %d idle consumers",
			q.tail, q.open.Load(), len(q.free), len(q.idle))
	}
	drained := false
	select {
	case <-q.drained:
		drained = true
	default:
	}
	held := slices.ContainsFunc(q.consumers, func(c *Consumer) bool { return c.holding != nil })
	if want := closed && len(q.ready) == 0 && (!held || q.removed); drained != want {
		t.Errorf("drained %t, closed %t with %d batches, others held: %t", drained, closed, len(q.ready), held)
	}
}

// checkPlaces checks that a batch is in one place only.
func checkPlaces(t *testing.T, q *Queue) {
	t.Helper()
	seen := make(map[*Batch]bool)
	see := func(what string, b *Batch) {
		if b == nil || seen[b] {
			t.Errorf("%s batch %p is nil or in two places", what, b)
		}
		seen[b] = true
	}
	for _, b := range q.ready {
		see("ready", b)
	}
	for _, b := range q.free {
		see("free", b)
	}
	if q.tail != nil {
		see("tail", q.tail)
	}
	for _, c := range q.consumers {
		if c.holding != nil {
			see("held", c.holding)
		}
	}
}

// checkLevels checks DropLowest's index against the marks. Slots that are not indexed may
// be in any state.
func checkLevels(t *testing.T, q *Queue) {
	t.Helper()
	var sum, sumSizes levelCounts
	partial := 0
	check := func(b *Batch, n int) {
		x := &b.index
		var counts, sizes levelCounts
		for i := range x.next {
			level, ok := b.slots.level(i)
			if !ok {
				continue
			}
			counts[level]++
			sizes[level] += b.slots.size(i)
			if i < x.cursor[level] {
				t.Errorf("slot %d has level %d, whose cursor is %d", i, level, x.cursor[level])
			}
		}
		if counts != x.counts || int(x.next) > n {
			t.Errorf("index %v of %d slots, the first %d of them have %v", x.counts, n, x.next, counts)
		}
		if sizes != x.sizes {
			t.Errorf("sizes %v of the first %d slots, which have %v", x.sizes, x.next, sizes)
		}
		for level, n := range x.counts {
			sum[level] += n
			sumSizes[level] += x.sizes[level]
		}
		if x.partial {
			partial++
		}
		if b != q.tail && q.policy == DropLowest && x.partial != (int(x.next) < n) {
			t.Errorf("partial is %t with %d of %d slots indexed", x.partial, x.next, n)
		}
	}
	for _, b := range q.ready {
		check(b, b.claimed)
	}
	if q.tail != nil {
		check(q.tail, q.tail.claims())
	}
	if sumSizes != q.sizes {
		t.Errorf("sizes %v, the batches' sum is %v", q.sizes, sumSizes)
	}
	if sum != q.levels || partial != q.unindexed {
		t.Errorf("levels %v with %d incomplete, the batches' sum is %v with %d", q.levels, q.unindexed, sum, partial)
	}
}

// checkSlots checks how many slots the ready batches have. The bound does not hold while a
// producer is in the middle of a copy, which prevents batches from being merged and
// retired.
func checkSlots(t *testing.T, q *Queue, requeued bool) {
	t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	limit := q.capacity
	switch {
	case q.unindexed > 0:
		return
	case q.policy == DropLowest:
		limit = 2*q.capacity + q.size
	case q.policy == DropOldest:
		limit += q.size // holes are in the first batch only
	}
	if requeued {
		// Batches that were put back are not merged, and may have left holes at the end.
		limit = max(limit, 2*q.capacity) + 2*q.size*(1+len(q.consumers))
	}
	if q.closed.Load() {
		limit += q.size // the last batch need not be full
	}
	if n := len(q.ready) * q.size; n > limit {
		t.Fatalf("%d ready batches of %d in a queue of %d: more than %d slots", len(q.ready), q.size, q.capacity, limit)
	}
}
