package queue

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// heapInUse returns how many bytes are alive.
func heapInUse() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // frees what the first one finalized
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func (r *rig) freeBatches() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.free)
}

// takeAndSettle empties the queue.
func (r *rig) takeAndSettle() {
	for r.Expedite(); r.available(); r.Expedite() {
		r.consumer.Settle(r.consumer.Take(), nil, func() {})
	}
}

const mebibyte = 1 << 20

// TestMemoryWhenIdle checks that memory grows with use, not with capacity.
func TestMemoryWhenIdle(t *testing.T) {
	before := heapInUse()
	r := newRig(t, DropNewest, 50_000, 512)
	<-r.WantsSpare()
	r.Prepare()
	if used := heapInUse() - before; used > 2*mebibyte {
		t.Errorf("an idle queue of 50,000 records takes %d KiB", used>>10)
	}
	runtime.KeepAlive(r)
}

// TestMemoryAfterBurst checks that the memory of a burst is used again while it is needed,
// and freed when it is not.
func TestMemoryAfterBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const capacity = 20_000
		before := heapInUse()
		r := newRig(t, DropNewest, capacity, 512)
		rec := record(0, 9)
		fill := func() {
			t.Helper()
			for range capacity {
				if r.Offer(&rec, 9) != Accepted {
					t.Fatal("record refused")
				}
			}
		}
		fill()
		if used := heapInUse() - before; used < capacity*584 {
			t.Fatalf("a full queue takes %d KiB: the measurement does not work", used>>10)
		}
		r.takeAndSettle()
		batches := r.freeBatches()
		for range 20 { // bursts within the trimInterval use the same memory again
			time.Sleep(trimInterval / 4)
			r.Tick(time.Now(), trimInterval/4)
			fill()
			r.takeAndSettle()
		}
		if n := r.freeBatches(); n != batches {
			t.Errorf("%d batches after further bursts, %d after the first", n, batches)
		}
		time.Sleep(trimInterval)
		r.Tick(time.Now(), time.Hour)
		time.Sleep(trimInterval)
		r.Tick(time.Now(), time.Hour)
		if used := heapInUse() - before; used > 2*mebibyte {
			t.Errorf("%d KiB are kept after a burst", used>>10)
		}
		runtime.KeepAlive(r)
	})
}

// TestTrim checks that Tick frees batches that were not needed for a while, and keeps those
// that were.
func TestTrim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, DropNewest, 16, 2)
		tick := func(want int) {
			t.Helper()
			time.Sleep(trimInterval)
			r.Tick(time.Now(), time.Hour)
			if n := r.freeBatches(); n != want {
				t.Errorf("%d free batches, want %d", n, want)
			}
			checkInvariants(t, r.Queue)
		}
		r.offer(t, 0, 16, Accepted)
		r.takeAll(t)
		tick(8) // besides the tail; all were needed within the time
		for range 3 {
			r.offer(t, 0, 8, Accepted) // needs four besides the tail
			r.takeAll(t)
			time.Sleep(trimInterval / 2)
			r.Tick(time.Now(), time.Hour) // too early
		}
		tick(5) // the four, and one ahead
		tick(1)
		tick(1)
	})
}

// TestClosedQueueKeepsNoBatches checks that a closed queue keeps no free batches, because
// the queue itself may be kept for long.
func TestClosedQueueKeepsNoBatches(t *testing.T) {
	r := newRig(t, DropNewest, 16, 2)
	r.offer(t, 0, 10, Accepted)
	held := r.take(t)
	r.consumer.Settle(r.take(t), nil, func() {})
	r.Close()
	r.consumer.Settle(held, nil, func() {})
	r.consumer.Settle(r.take(t), nil, func() {})
	for _, b := range r.Remove() {
		r.Discard(b, nil, func() {})
	}
	r.Prepare()
	if n := r.freeBatches(); n > 0 {
		t.Errorf("%d free batches", n)
	}
}

// TestTickAfterClose checks that Tick may be called once more after Close.
func TestTickAfterClose(t *testing.T) {
	r := newRig(t, DropNewest, 16, 2)
	r.offer(t, 0, 16, Accepted)
	r.takeAll(t)
	now := time.Now().Add(trimInterval)
	r.Tick(now, time.Hour)
	r.Close()
	if got := r.Tick(now.Add(trimInterval), time.Hour); got != time.Hour {
		t.Errorf("Tick = %v, want an hour", got)
	}
}

// TestPrepare checks that a prepared batch is used as the next tail, and that the queue
// then wants another as long as it has capacity for it.
func TestPrepare(t *testing.T) {
	r := newRig(t, DropNewest, 5, 2)
	wants := func() bool {
		select {
		case <-r.WantsSpare():
			return true
		default:
			return false
		}
	}
	if !wants() {
		t.Fatal("a new queue does not want a spare batch")
	}
	r.Prepare()
	r.Prepare()
	if n := r.freeBatches(); n != 1 {
		t.Fatalf("%d free batches, want 1: one ahead is enough", n)
	}
	spare := r.free[0]
	r.offer(t, 0, 2, Accepted)
	if r.tail != spare {
		t.Error("the spare batch was not used")
	}
	if !wants() {
		t.Error("the queue does not want another spare batch")
	}
	r.Prepare()
	r.offer(t, 2, 4, Accepted)
	if wants() {
		t.Error("the queue wants a spare batch that cannot be needed")
	}
}
