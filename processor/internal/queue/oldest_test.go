package queue

import (
	"sync"
	"testing"
)

func TestDropOldestOrder(t *testing.T) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			r := newRig(t, DropOldest, s.capacity, s.size)
			r.offer(t, 0, s.capacity, Accepted)
			for n := s.capacity; n < 5*s.capacity; n++ {
				r.offer(t, n, n+1, Accepted)
				r.wantDisplaced(t, displacement{9, n - s.capacity})
				r.wantCounts(t, Counts{Admitted: uint64(n + 1), Queued: s.capacity})
				checkInvariants(t, r.Queue)
				checkSlots(t, r.Queue, false)
			}
			var left []int
			for _, b := range r.takeAll(t) {
				left = append(left, b...)
			}
			wantNumbers(t, "left", left, numbers(4*s.capacity, 5*s.capacity)...)
		})
	}
}

// TestDropOldestIgnoresLevels checks that only the position in the queue matters.
func TestDropOldestIgnoresLevels(t *testing.T) {
	r := newRigOf(t, Config{Capacity: 2, BatchSize: 2, Policy: DropOldest, KeepLevel: 17})
	r.offerLevel(t, 0, 24, Accepted)
	r.offerLevel(t, 1, 0, Accepted)
	r.offerLevel(t, 2, 0, Accepted)
	r.offerLevel(t, 3, 0, Accepted)
	r.wantDisplaced(t, displacement{24, 0}, displacement{0, -1})
}

// TestDropOldestUncommitted checks that a record that is being copied is passed over, and
// is the oldest again once it is committed.
func TestDropOldestUncommitted(t *testing.T) {
	for _, size := range []int{4, 2, 1} {
		r := newRig(t, DropOldest, 4, size)
		slow := r.preempt(t)
		r.offer(t, 1, 4, Accepted)
		r.offer(t, 4, 6, Accepted)
		r.wantDisplaced(t, displacement{9, 1}, displacement{9, 2})
		checkInvariants(t, r.Queue)
		slow.commit(0, 9)
		r.offer(t, 6, 8, Accepted)
		r.wantDisplaced(t, displacement{9, 0}, displacement{9, 3})
		r.wantCounts(t, Counts{Admitted: 8, Queued: 4})
		var left []int
		for _, b := range r.takeAll(t) {
			left = append(left, b...)
		}
		wantNumbers(t, "left", left, 4, 5, 6, 7)
	}
}

// TestDropOldestAllUncommitted checks that the new record is refused if there is none to
// evict, and that no producer loses its slot.
func TestDropOldestAllUncommitted(t *testing.T) {
	for _, size := range []int{3, 2, 1} {
		r := newRig(t, DropOldest, 3, size)
		slow := []preempted{r.preempt(t), r.preempt(t), r.preempt(t)}
		r.offer(t, 3, 4, Full)
		r.wantDisplaced(t)
		for n, p := range slow {
			p.commit(n, 9)
		}
		r.offer(t, 4, 5, Accepted)
		r.wantDisplaced(t, displacement{9, 0})
		var left []int
		for _, b := range r.takeAll(t) {
			left = append(left, b...)
		}
		wantNumbers(t, "left", left, 1, 2, 4)
	}
}

// TestDropOldestCommitConcurrentSafe checks that a record that is committed while another
// producer looks for the oldest is not passed over for good.
func TestDropOldestCommitConcurrentSafe(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 1000 {
		r := newRig(t, DropOldest, 1, 1)
		slow := r.preempt(t)
		rec := record(0, 9)
		wg.Go(func() { slow.put(&rec, 9) })
		for range i % 50 {
			r.offerAny(1)
		}
		wg.Wait()
		r.offer(t, 2, 3, Accepted)
		r.wantCounts(t, Counts{Admitted: uint64(1 + len(r.displaced)), Queued: 1})
	}
}

// TestDropOldestOpenBatch checks that the oldest record is found in the open batch when all
// others are being copied.
func TestDropOldestOpenBatch(t *testing.T) {
	r := newRig(t, DropOldest, 5, 3)
	slow := []preempted{r.preempt(t), r.preempt(t), r.preempt(t)}
	r.offer(t, 3, 5, Accepted) // {? ? ?} {3 4
	f := r.BeginFlush()
	r.offer(t, 5, 6, Accepted) // {? ? ?} {_ 4 5}
	r.wantDisplaced(t, displacement{9, 3})
	checkInvariants(t, r.Queue)
	r.offer(t, 6, 8, Accepted) // {? ? ?} {_ _ _} {6 7
	r.wantDisplaced(t, displacement{9, 4}, displacement{9, 5})
	r.wantCounts(t, Counts{Admitted: 8, Queued: 5})
	for n, p := range slow {
		p.commit(n, 9)
	}
	b := r.take(t)
	wantNumbers(t, "first batch", numbersOf(b.Records()), 0, 1, 2)
	r.consumer.Settle(b, nil, func() {})
	if !done(f) {
		t.Error("the flush waits for records that were displaced")
	}
	wantBatches(t, r.takeAll(t), []int{6, 7})
}

// TestDropOldestEndsFlushes checks that a flush does not wait for a batch without records.
func TestDropOldestEndsFlushes(t *testing.T) {
	r := newRig(t, DropOldest, 4, 2)
	r.offer(t, 0, 4, Accepted)
	f := r.BeginFlush()
	r.offer(t, 4, 7, Accepted)
	if done(f) {
		t.Fatal("the flush is over while a record of its second batch is queued")
	}
	r.offer(t, 7, 8, Accepted)
	if !done(f) {
		t.Fatal("the flush waits for records that were displaced")
	}
	if err := f.Err(); err != nil {
		t.Errorf("the flush ended with %v", err)
	}
}
