package queue

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// keepNone is a keep level above those of most tests, so that records are overwritten.
const keepNone = 17

func newOverwriteRig(t *testing.T, capacity, batchSize int) *rig {
	t.Helper()
	return newRigOf(t, Config{Capacity: capacity, BatchSize: batchSize, Policy: DropOldest, KeepLevel: keepNone})
}

// overwriting returns how many records the overwrite window has evicted, and of how many.
func (r *rig) overwriting() (n, of int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.overwrite.front == nil {
		return 0, 0
	}
	return r.tail.claims() - int(r.overwrite.base), int(r.overwrite.size)
}

func (r *rig) wantOverwriting(t *testing.T, n, of int) {
	t.Helper()
	if gotN, gotOf := r.overwriting(); gotN != n || gotOf != of {
		t.Errorf("%d of %d records are overwritten, want %d of %d", gotN, gotOf, n, of)
	}
	checkInvariants(t, r.Queue)
}

// evictions returns n displacements of level 9.
func evictions(n int) []displacement {
	var out []displacement
	for range n {
		out = append(out, displacement{9, -1})
	}
	return out
}

// TestOverwrite checks that new records claim slots of a full queue as if it had capacity,
// and that each has evicted the oldest record before any other code reads the queue.
func TestOverwrite(t *testing.T) {
	r := newOverwriteRig(t, 12, 4)
	r.offer(t, 0, 12, Accepted)
	r.wantOverwriting(t, 0, 0)
	r.offer(t, 12, 13, Accepted) // under the mutex, in a new tail
	r.wantOverwriting(t, 0, 3)
	r.offer(t, 13, 15, Accepted)
	r.wantOverwriting(t, 2, 3)
	r.wantDisplaced(t, evictions(1)...) // the others are reported together

	r.wantCounts(t, Counts{Admitted: 15, Queued: 12})
	r.wantDisplaced(t, evictions(2)...)
	r.wantOverwriting(t, 0, 0)
	r.offer(t, 15, 16, Accepted) // fills the tail, when all records of the first batch are evicted
	r.wantDisplaced(t, evictions(1)...)
	r.wantCounts(t, Counts{Admitted: 16, Queued: 12})
	wantBatches(t, r.takeAll(t), []int{4, 5, 6, 7}, []int{8, 9, 10, 11}, []int{12, 13, 14, 15})
}

// TestOverwriteEndsUnderTheMutex checks that every call that locks the mutex ends the
// overwrite window first.
func TestOverwriteEndsUnderTheMutex(t *testing.T) {
	for name, look := range map[string]func(r *rig){
		"Snapshot":   func(r *rig) { r.Snapshot(func(Counts) {}) },
		"Len":        func(r *rig) { r.Len() },
		"Expedite":   func(r *rig) { r.Expedite() },
		"BeginFlush": func(r *rig) { r.BeginFlush() },
		"Tick":       func(r *rig) { r.Tick(time.Now(), time.Hour) },
		"Take":       func(r *rig) { r.consumer.Take() },
		"Close":      func(r *rig) { r.Close() },
		"Remove":     func(r *rig) { r.Close(); r.Remove() },
	} {
		t.Run(name, func(t *testing.T) {
			r := newOverwriteRig(t, 12, 4)
			r.offer(t, 0, 14, Accepted)
			r.wantDisplaced(t, evictions(1)...)
			r.wantOverwriting(t, 1, 3)
			look(r)
			r.wantDisplaced(t, evictions(1)...)
			r.wantOverwriting(t, 0, 0)
		})
	}
}

// TestOverwriteSparesTakenBatches checks that a consumer gets the records that were not
// evicted, and that no new record evicts one of its batch.
func TestOverwriteSparesTakenBatches(t *testing.T) {
	r := newOverwriteRig(t, 12, 4)
	r.offer(t, 0, 14, Accepted) // two were evicted
	b := r.take(t)
	wantNumbers(t, "taken", numbersOf(b.Records()), 2, 3)
	r.offer(t, 14, 16, Accepted) // there is free capacity
	r.wantCounts(t, Counts{Admitted: 16, Queued: 12, InFlight: 2})
	r.offer(t, 16, 18, Accepted)
	wantNumbers(t, "taken", numbersOf(b.Records()), 2, 3)
	r.wantCounts(t, Counts{Admitted: 18, Queued: 12, InFlight: 2})
	r.wantDisplaced(t, evictions(4)...)
	r.consumer.Settle(b, nil, func() {})
	wantBatches(t, r.takeAll(t), []int{6, 7}, []int{8, 9, 10, 11}, []int{12, 13, 14, 15}, []int{16, 17})
}

// TestOverwriteStopsAtKept checks that a record of which a copy is kept is evicted under
// the mutex.
func TestOverwriteStopsAtKept(t *testing.T) {
	r := newOverwriteRig(t, 8, 4)
	r.offer(t, 0, 2, Accepted)
	r.offerLevel(t, 2, 21, Accepted)
	r.offer(t, 3, 8, Accepted)
	r.offer(t, 8, 9, Accepted)
	r.wantOverwriting(t, 0, 1)
	r.offer(t, 9, 10, Accepted) // the last of the window: the next oldest record is kept
	r.wantOverwriting(t, 0, 0)
	r.wantDisplaced(t, evictions(2)...)
	r.offer(t, 10, 11, Accepted)
	r.wantDisplaced(t, displacement{21, 2})
	r.wantOverwriting(t, 0, 1)
}

// TestOverwriteStopsAtUncommitted checks that the overwrite window ends before a record
// that is being copied: it becomes the oldest once it is committed.
func TestOverwriteStopsAtUncommitted(t *testing.T) {
	r := newOverwriteRig(t, 8, 4)
	r.offer(t, 0, 2, Accepted)
	slow := r.preempt(t)
	r.offer(t, 3, 8, Accepted)
	r.offer(t, 8, 9, Accepted)
	r.wantOverwriting(t, 0, 1)
	r.offer(t, 9, 11, Accepted)
	r.wantDisplaced(t, evictions(3)...) // 0, 1, and 3, which is behind it
	slow.commit(2, 9)
	r.wantOverwriting(t, 0, 0)
	r.offer(t, 11, 12, Accepted)
	r.wantDisplaced(t, evictions(1)...)
	r.wantCounts(t, Counts{Admitted: 12, Queued: 8})
	wantBatches(t, r.takeAll(t), []int{4, 5, 6, 7}, []int{8, 9, 10, 11})
}

// TestOverwrittenRecordsAreReleased checks that a free batch keeps evicted records alive
// only until new records take its slots, or until the next Tick.
func TestOverwrittenRecordsAreReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newOverwriteRig(t, 8, 4)
		r.offer(t, 0, 12, Accepted)
		stale := func() (n int) {
			for _, b := range r.free {
				n += b.stale
			}
			return n
		}
		if n := stale(); n == 0 {
			t.Fatal("no free batch holds displaced records: the test does not work")
		}
		r.Tick(time.Now(), time.Hour)
		if n := stale(); n != 0 {
			t.Errorf("%d slots of free batches may hold records after Tick", n)
		}
		for _, b := range r.free {
			checkEmpty(t, b, 0)
		}
		r.takeAll(t)
		for _, b := range r.free {
			checkEmpty(t, b, 0)
		}
	})
}

// TestOverwriteConcurrentSafe runs all calls at once while records are overwritten, and
// accounts for every record.
func TestOverwriteConcurrentSafe(t *testing.T) {
	for _, procs := range []int{1, 4} {
		for _, consumers := range []int{1, 3} {
			for _, requeue := range []bool{false, true} {
				t.Run(fmt.Sprintf("procs=%d/consumers=%d/requeue=%t", procs, consumers, requeue), func(t *testing.T) {
					defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
					cfg := Config{Capacity: 50, BatchSize: 16, Policy: DropOldest, KeepLevel: stressLevels - 1}
					s := startStress(t, cfg, consumers, requeue)
					s.offerFrom(0, 8)
					s.offered.Wait()
					s.q.Close()
					s.finish(t)
				})
			}
		}
	}
}

// TestOverwriteWithoutConsumersConcurrentSafe runs producers alone: the number of evicted
// records is exact, and the newest records of each producer are left.
func TestOverwriteWithoutConsumersConcurrentSafe(t *testing.T) {
	s := newStress(t, Config{Capacity: 64, BatchSize: 16, Policy: DropOldest, KeepLevel: stressLevels}, 0)
	s.offerFrom(0, 8)
	s.offered.Wait()
	if s.overwritten == 0 {
		t.Error("nothing was overwritten: the test does not work")
	}
	s.q.Close()
	for _, b := range s.q.Remove() {
		s.removed = append(s.removed, numbersOf(b.Records())...)
		s.q.Discard(b, nil, s.accounting(b))
	}
	s.finish(t)
}

// TestOverwriteContinues checks that a producer that takes the mutex, because it found no
// slot, claims one in the overwrite window and does not end it, and that the producer of
// its last slot begins the next one.
func TestOverwriteContinues(t *testing.T) {
	r := newOverwriteRig(t, 12, 4)
	r.offer(t, 0, 13, Accepted)
	r.wantOverwriting(t, 0, 3)
	late := func(number int) {
		t.Helper()
		rec := record(number, 9)
		if got := r.offerSlow(newcomer{rec: &rec, level: 9}); got != Accepted {
			t.Errorf("offerSlow of record %d = %d", number, got)
		}
	}
	late(13)
	r.wantOverwriting(t, 1, 3)
	b := r.open.Load()
	r.advance(b) // for a slot that was the last before the window began
	r.wantOverwriting(t, 1, 3)
	r.offer(t, 14, 15, Accepted)
	late(15)
	if r.open.Load() == b {
		t.Error("the tail is still open after its last slot was claimed")
	}
	r.wantCounts(t, Counts{Admitted: 16, Queued: 12})
	r.wantDisplaced(t, evictions(4)...)
	wantBatches(t, r.takeAll(t), []int{4, 5, 6, 7}, []int{8, 9, 10, 11}, []int{12, 13, 14, 15})
}
