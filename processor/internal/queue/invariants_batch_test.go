package queue

import (
	"reflect"
	"testing"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

func checkReady(t *testing.T, q *Queue) {
	t.Helper()
	for i, b := range q.ready {
		if limit := b.word.Load() >> 32; limit != 0 {
			t.Errorf("slots can be claimed in ready batch %d: limit %d", i, limit)
		}
		if b.done != 0 {
			t.Errorf("ready batch %d has %d settled records", i, b.done)
		}
		if b.claimed > q.size || b.live() <= 0 {
			t.Errorf("ready batch %d has %d claimed slots, %d of them evicted", i, b.claimed, b.holes)
		}
		if i > 0 && q.policy == DropLowest {
			before := q.ready[i-1]
			if !before.index.partial && !b.index.partial && !before.requeued && !b.requeued && before.live()+b.live() <= q.size {
				t.Errorf("ready batches %d and %d, of %d and %d records, fit into one", i-1, i, before.live(), b.live())
			}
		}
		checkMarks(t, b, b.claimed)
		if b.claimed < q.size {
			checkUnmarked(t, b, b.claimed)
			checkEmpty(t, b, max(b.claimed, b.stale))
		}
	}
}

func checkTail(t *testing.T, q *Queue) {
	t.Helper()
	b := q.tail
	if b == nil {
		if !q.closed.Load() && q.readyLive+q.reserved < q.capacity {
			t.Errorf("no tail, with %d of %d records in ready batches, and %d reserved", q.readyLive, q.capacity, q.reserved)
		}
		return
	}
	word := b.word.Load()
	limit := uint32(word >> 32)
	if most := q.limitLocked(b) + q.overwrite.size; limit > most || (limit == 0 && q.waiters.Len() == 0) { // waiters for bytes keep it closed
		t.Errorf("the tail's limit is %d, at most %d is allowed", limit, most)
	}
	if b.claimed != 0 {
		t.Errorf("the tail has claimed set to %d before it is sealed", b.claimed)
	}
	n := b.claims()
	if b.opened.IsZero() || (n > 0 && b.holes >= n) {
		t.Errorf("the tail, opened %v, has %d claimed slots, %d of them evicted", b.opened, n, b.holes)
	}
	checkMarks(t, b, n)
}

// checkMarks compares a batch's counts with its first n marks.
func checkMarks(t *testing.T, b *Batch, n int) {
	t.Helper()
	evicted := 0
	for i := range uint32(n) {
		if i < b.first || b.slots.mark(i).Load() == markEvicted {
			evicted++
		}
		if i < b.first && !b.slots.committed(i) {
			t.Errorf("slot %d is not committed, but first is %d", i, b.first)
		}
	}
	if evicted != b.holes {
		t.Errorf("a batch has %d holes, its count is %d", evicted, b.holes)
	}
}

// checkFree checks that free batches are like new ones.
func checkFree(t *testing.T, q *Queue) {
	t.Helper()
	for i, b := range q.free {
		if b.word.Load()>>32 != 0 || b.claimed != 0 || b.done != 0 || b.holes != 0 || b.first != 0 ||
			!b.opened.IsZero() || len(b.flushes) > 0 || b.index != (levelIndex{}) || b.requeued || b.Retry != (RetryState{}) {
			t.Errorf("free batch %d is not reset: %+v", i, b)
		}
		checkUnmarked(t, b, 0)
		checkEmpty(t, b, b.stale)
	}
	if q.leastFree < 0 || (q.leastFree > len(q.free) && !q.closed.Load()) {
		t.Errorf("leastFree is %d with %d free batches", q.leastFree, len(q.free))
	}
}

// checkUnmarked checks that no slot of the batch is claimed from slot n on.
func checkUnmarked(t *testing.T, b *Batch, n int) {
	t.Helper()
	for i := n; i < len(b.slots.records); i++ {
		if m := b.slots.mark(uint32(i)).Load(); m != markEmpty {
			t.Errorf("slot %d, which is not claimed, is marked %d", i, m)
		}
	}
}

// checkEmpty checks that a batch keeps nothing alive from slot n on.
func checkEmpty(t *testing.T, b *Batch, n int) {
	t.Helper()
	for i := n; i < len(b.slots.records); i++ {
		if !isZero(&b.slots.records[i]) {
			t.Errorf("slot %d, which is not claimed, keeps a record alive", i)
		}
	}
}

func isZero(r *sdklog.Record) bool { return reflect.ValueOf(r).Elem().IsZero() }
