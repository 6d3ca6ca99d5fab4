package queue

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// keepNone is a keep level above those of most tests, so that records are traded.
const keepNone = 17

func newTradeRig(t *testing.T, capacity, batchSize int) *rig {
	t.Helper()
	return newRigOf(t, Config{Capacity: capacity, BatchSize: batchSize, Policy: DropOldest, KeepLevel: keepNone})
}

// trading returns how many records the open trade has displaced, and of how many.
func (r *rig) trading() (n, of int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.trade.front == nil {
		return 0, 0
	}
	return r.tail.claims() - int(r.trade.base), int(r.trade.size)
}

func (r *rig) wantTrading(t *testing.T, n, of int) {
	t.Helper()
	if gotN, gotOf := r.trading(); gotN != n || gotOf != of {
		t.Errorf("%d of %d records are traded, want %d of %d", gotN, gotOf, n, of)
	}
	checkInvariants(t, r.Queue)
}

// gaveWay returns n displacements of level 9.
func gaveWay(n int) []displacement {
	var out []displacement
	for range n {
		out = append(out, displacement{9, -1})
	}
	return out
}

// TestTrade: newcomers to a full queue claim slots as if there were room, and each has
// displaced the oldest record by the time that anybody looks.
func TestTrade(t *testing.T) {
	r := newTradeRig(t, 12, 4)
	r.offer(t, 0, 12, Accepted)
	r.wantTrading(t, 0, 0)
	r.offer(t, 12, 13, Accepted) // by the mutex, in a new tail
	r.wantTrading(t, 0, 3)
	r.offer(t, 13, 15, Accepted)
	r.wantTrading(t, 2, 3)
	r.wantDisplaced(t, gaveWay(1)...) // the others are told in one go

	r.wantCounts(t, Counts{Admitted: 15, Queued: 12})
	r.wantDisplaced(t, gaveWay(2)...)
	r.wantTrading(t, 0, 0)
	r.offer(t, 15, 16, Accepted) // fills the tail, when all of the first batch is gone
	r.wantDisplaced(t, gaveWay(1)...)
	r.wantCounts(t, Counts{Admitted: 16, Queued: 12})
	wantBatches(t, r.takeAll(t), []int{4, 5, 6, 7}, []int{8, 9, 10, 11}, []int{12, 13, 14, 15})
}

// TestTradeIsPutDown: whoever comes by the mutex finds what was traded put down.
func TestTradeIsPutDown(t *testing.T) {
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
			r := newTradeRig(t, 12, 4)
			r.offer(t, 0, 14, Accepted)
			r.wantDisplaced(t, gaveWay(1)...)
			r.wantTrading(t, 1, 3)
			look(r)
			r.wantDisplaced(t, gaveWay(1)...)
			r.wantTrading(t, 0, 0)
		})
	}
}

// TestTradeOfTaken: a consumer gets what has not been displaced, and no newcomer
// displaces a record of its batch.
func TestTradeOfTaken(t *testing.T) {
	r := newTradeRig(t, 12, 4)
	r.offer(t, 0, 14, Accepted) // two gave way
	b := r.take(t)
	wantNumbers(t, "taken", numbersOf(b.Records()), 2, 3)
	r.offer(t, 14, 16, Accepted) // there is room
	r.wantCounts(t, Counts{Admitted: 16, Queued: 12, InFlight: 2})
	r.offer(t, 16, 18, Accepted)
	wantNumbers(t, "taken", numbersOf(b.Records()), 2, 3)
	r.wantCounts(t, Counts{Admitted: 18, Queued: 12, InFlight: 2})
	r.wantDisplaced(t, gaveWay(4)...)
	r.consumer.Settle(b, nil, func() {})
	wantBatches(t, r.takeAll(t), []int{6, 7}, []int{8, 9, 10, 11}, []int{12, 13, 14, 15}, []int{16, 17})
}

// TestTradeStopsAtKept: a record that somebody wants a copy of is displaced by the mutex.
func TestTradeStopsAtKept(t *testing.T) {
	r := newTradeRig(t, 8, 4)
	r.offer(t, 0, 2, Accepted)
	r.offerLevel(t, 2, 21, Accepted)
	r.offer(t, 3, 8, Accepted)
	r.offer(t, 8, 9, Accepted)
	r.wantTrading(t, 0, 1)
	r.offer(t, 9, 10, Accepted) // the last to be traded: the next batch cannot be either
	r.wantTrading(t, 0, 0)
	r.wantDisplaced(t, gaveWay(2)...)
	r.offer(t, 10, 11, Accepted)
	r.wantDisplaced(t, displacement{21, 2})
	r.wantTrading(t, 0, 1)
}

// TestTradeStopsAtUncommitted: a record that is being copied is the oldest as soon as it
// is there, so nothing behind it is promised to anybody.
func TestTradeStopsAtUncommitted(t *testing.T) {
	r := newTradeRig(t, 8, 4)
	r.offer(t, 0, 2, Accepted)
	slow := r.preempt(t)
	r.offer(t, 3, 8, Accepted)
	r.offer(t, 8, 9, Accepted)
	r.wantTrading(t, 0, 1)
	r.offer(t, 9, 11, Accepted)
	r.wantDisplaced(t, gaveWay(3)...) // 0, 1, and 3, which is behind it
	slow.commit(2, 9)
	r.wantTrading(t, 0, 0)
	r.offer(t, 11, 12, Accepted)
	r.wantDisplaced(t, gaveWay(1)...)
	r.wantCounts(t, Counts{Admitted: 12, Queued: 8})
	wantBatches(t, r.takeAll(t), []int{4, 5, 6, 7}, []int{8, 9, 10, 11})
}

// TestTradeForgets: what was displaced is kept alive by a batch that is used again until
// newcomers take its slots, and otherwise until the next Tick.
func TestTradeForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTradeRig(t, 8, 4)
		r.offer(t, 0, 12, Accepted)
		stale := func() (n int) {
			for _, b := range r.free {
				n += b.stale
			}
			return n
		}
		if n := stale(); n == 0 {
			t.Fatal("no free batch holds what was displaced: the test does not work")
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

// TestTradeConcurrentSafe has everything happen at once while records are traded, and
// accounts for every record.
func TestTradeConcurrentSafe(t *testing.T) {
	for _, procs := range []int{1, 4} {
		for _, consumers := range []int{1, 3} {
			for _, putBack := range []bool{false, true} {
				t.Run(fmt.Sprintf("procs=%d/consumers=%d/putback=%t", procs, consumers, putBack), func(t *testing.T) {
					defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
					cfg := Config{Capacity: 50, BatchSize: 16, Policy: DropOldest, KeepLevel: stormLevels - 1}
					s := startStorm(t, cfg, consumers, putBack)
					s.offerFrom(0, 8)
					s.offered.Wait()
					s.q.Close()
					s.finish(t)
				})
			}
		}
	}
}

// TestTradeAloneConcurrentSafe leaves producers among themselves: what they have displaced
// is exact, and what is left is the newest of each.
func TestTradeAloneConcurrentSafe(t *testing.T) {
	s := newStorm(t, Config{Capacity: 64, BatchSize: 16, Policy: DropOldest, KeepLevel: stormLevels}, 0)
	s.offerFrom(0, 8)
	s.offered.Wait()
	if s.traded == 0 {
		t.Error("nothing was traded: the test does not work")
	}
	s.q.Close()
	for _, b := range s.q.Remove() {
		s.removed = append(s.removed, numbersOf(b.Records())...)
		s.q.Discard(b, nil, s.booking(b))
	}
	s.finish(t)
}

// TestTradeGoesOn: a producer that comes by the mutex, because there was no slot when it
// looked, takes part in the trade and does not end it; the one that takes its last slot
// begins the next.
func TestTradeGoesOn(t *testing.T) {
	r := newTradeRig(t, 12, 4)
	r.offer(t, 0, 13, Accepted)
	r.wantTrading(t, 0, 3)
	late := func(number int) {
		t.Helper()
		rec := record(number, 9)
		if got := r.offerSlowly(newcomer{rec: &rec, level: 9}); got != Accepted {
			t.Errorf("record %d: %d", number, got)
		}
	}
	late(13)
	r.wantTrading(t, 1, 3)
	b := r.open.Load()
	r.advance(b) // of a slot that was the last before the trade began
	r.wantTrading(t, 1, 3)
	r.offer(t, 14, 15, Accepted)
	late(15)
	if r.open.Load() == b {
		t.Error("the last slot of the tail was taken, and it is still open")
	}
	r.wantCounts(t, Counts{Admitted: 16, Queued: 12})
	r.wantDisplaced(t, gaveWay(4)...)
	wantBatches(t, r.takeAll(t), []int{4, 5, 6, 7}, []int{8, 9, 10, 11}, []int{12, 13, 14, 15})
}
