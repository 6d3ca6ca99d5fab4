package queue

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func drained(q *Queue) bool {
	select {
	case <-q.Drained():
		return true
	default:
		return false
	}
}

// TestCloseEndsAdmission checks that records accepted before Close are handed out, and that
// later ones are refused as Closed.
func TestCloseEndsAdmission(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			r := k.rig(t)
			n := (r.capacity + 1) / 2
			r.offer(t, 0, n, Accepted)
			stale := r.open.Load()
			r.Close()
			r.offer(t, n, n+2, Closed)
			rec := record(n+2, 9)
			if got := offerTo(r.Queue, stale, &rec, 9); got != Closed {
				t.Errorf("Offer to the batch that was open = %d, want %d", got, Closed)
			}
			if drained(r.Queue) {
				t.Error("the queue is drained with a batch left")
			}
			r.Close() // a second call changes nothing
			var left []int
			for b := r.take(t); b != nil; b = r.take(t) {
				left = append(left, numbersOf(b.Records())...)
				r.consumer.Settle(b, nil, func() {})
			}
			wantNumbers(t, "left", left, numbers(0, n)...)
			if !drained(r.Queue) {
				t.Error("the queue is not drained with no batch left")
			}
			r.offer(t, n, n+1, Closed)
			r.wantCounts(t, Counts{Admitted: uint64(n)})
			r.wantDisplaced(t)
		})
	}
}

// TestCloseFullQueue checks that a full queue that is closed returns Closed, not Full.
func TestCloseFullQueue(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			r := k.rig(t)
			r.offer(t, 0, r.capacity, Accepted)
			r.Close()
			r.offer(t, r.capacity, r.capacity+2, Closed)
			r.wantDisplaced(t)
			r.wantCounts(t, Counts{Admitted: uint64(r.capacity), Queued: r.capacity})
			r.takeAll(t)
		})
	}
}

func TestCloseEmptyQueue(t *testing.T) {
	r := newRig(t, DropNewest, 4, 2)
	r.Close()
	if !drained(r.Queue) {
		t.Error("an empty queue is not drained when it is closed")
	}
	if b := r.consumer.Take(); b != nil {
		t.Errorf("Take = %v", numbersOf(b.Records()))
	}
	// None of these calls fails after Close.
	r.Expedite()
	r.Prepare()
	if f := r.BeginFlush(); !done(f) {
		t.Error("a flush of nothing is not over")
	}
	if removed := r.Remove(); removed != nil {
		t.Errorf("Remove = %d batches", len(removed))
	}
}

// TestCloseWakesConsumers checks that Close wakes all consumers, with one batch for three.
func TestCloseWakesConsumers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, DropNewest, 8, 4)
		r.offer(t, 0, 1, Accepted)
		var batches, ended atomic.Int64
		for range 3 {
			c := r.NewConsumer()
			go func() {
				for b := c.Take(); b != nil; b = c.Take() {
					batches.Add(1)
					c.Settle(b, nil, func() {})
				}
				ended.Add(1)
			}()
		}
		synctest.Wait()
		if batches.Load() > 0 || ended.Load() > 0 {
			t.Fatalf("%d batches taken and %d consumers ended before Close", batches.Load(), ended.Load())
		}
		r.Close()
		synctest.Wait()
		if batches.Load() != 1 || ended.Load() != 3 {
			t.Errorf("%d batches taken and %d consumers ended, want 1 and 3", batches.Load(), ended.Load())
		}
	})
}

// TestRemove checks that Remove takes all batches that no consumer holds, and that they are
// in flight until they are settled.
func TestRemove(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			r := k.rig(t)
			r.offer(t, 0, r.capacity, Accepted)
			r.Expedite()
			held := r.take(t)
			n := len(held.Records())
			f := r.BeginFlush()
			r.Close()
			var removed []int
			batches := r.Remove()
			for _, b := range batches {
				removed = append(removed, numbersOf(b.Records())...)
			}
			wantNumbers(t, "removed", removed, numbers(n, r.capacity)...)
			if !drained(r.Queue) {
				t.Error("the queue is not drained after Remove")
			}
			if b := r.consumer.Take(); b != nil {
				t.Errorf("Take = %v after Remove", numbersOf(b.Records()))
			}
			r.wantCounts(t, Counts{Admitted: uint64(r.capacity), InFlight: r.capacity})
			for _, b := range batches {
				accounted := 0
				r.Discard(b, nil, func() { accounted++ })
				if accounted != 1 {
					t.Errorf("account called %d times", accounted)
				}
			}
			r.wantCounts(t, Counts{Admitted: uint64(r.capacity), InFlight: n})
			if done(f) {
				t.Error("the flush is over while a consumer holds a batch")
			}
			r.consumer.Settle(held, nil, func() {})
			if !done(f) {
				t.Error("the flush waits for removed batches")
			}
		})
	}
}

// TestRemoveWithHoles checks that Remove returns no evicted records.
func TestRemoveWithHoles(t *testing.T) {
	r := newRig(t, DropLowest, 4, 4)
	for n, level := range []uint8{9, 1, 9, 1, 17, 17} {
		r.offerLevel(t, n, level, Accepted)
	}
	r.Close()
	batches := r.Remove()
	if len(batches) != 1 { // merged: they fit into one
		t.Fatalf("%d batches removed", len(batches))
	}
	wantNumbers(t, "removed", numbersOf(batches[0].Records()), 0, 2, 4, 5)
	r.wantCounts(t, Counts{Admitted: 6, InFlight: 4})
	r.Discard(batches[0], nil, func() {})
	r.wantCounts(t, Counts{Admitted: 6})
}
