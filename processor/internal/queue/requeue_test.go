package queue

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
)

// requeue puts a batch back, and returns the records that were evicted for it.
func (r *rig) requeue(t *testing.T, b *Batch, err error) (gone displacements) {
	t.Helper()
	if _, ok := r.consumer.Requeue(b, err, func(victims []Victim) {
		for _, v := range victims {
			gone.add(v)
		}
	}); !ok {
		t.Fatal("the batch was not put back")
	}
	return gone
}

func wantEvicted(t *testing.T, got displacements, want ...displacement) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%v evicted, want %v", got, want)
	}
}

// TestRequeuedBatchComesFirst checks that a batch that is put back comes before all later
// ones, however often, and keeps its retry state.
func TestRequeuedBatchComesFirst(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			r := k.rig(t)
			r.offer(t, 0, r.capacity, Accepted)
			first := numbersOf(nil)
			for range 3 {
				b := r.take(t)
				if first == nil {
					first = numbersOf(b.Records())
				}
				wantNumbers(t, "first batch", numbersOf(b.Records()), first...)
				b.Retry.Attempts++
				wantEvicted(t, r.requeue(t, b, nil))
				r.wantCounts(t, Counts{Admitted: uint64(r.capacity), Queued: r.capacity})
			}
			b := r.take(t)
			if b.Retry.Attempts != 3 {
				t.Errorf("%+v", b.Retry)
			}
			r.consumer.Settle(b, nil, func() {})
			if left := slices.Concat(r.takeAll(t)...); !slices.Equal(left, numbers(len(first), r.capacity)) {
				t.Errorf("left %v", left)
			}
		})
	}
}

// TestRequeueKeepsItsCapacity checks that a batch frees its capacity when it is taken for
// the first time, and only when it is settled once it was put back.
func TestRequeueKeepsItsCapacity(t *testing.T) {
	r := newRig(t, DropNewest, 4, 2)
	r.offer(t, 0, 4, Accepted)
	b := r.take(t)
	r.offer(t, 4, 6, Accepted)
	r.offer(t, 6, 7, Full)
	wantEvicted(t, r.requeue(t, b, nil), displacement{9, 4}, displacement{9, 5}) // as if it had never left
	r.offer(t, 7, 8, Full)
	b = r.take(t)
	r.offer(t, 8, 9, Full)
	r.wantCounts(t, Counts{Admitted: 6, Queued: 2, InFlight: 2})
	wantEvicted(t, r.requeue(t, b, nil))
	b = r.take(t)
	r.consumer.SettleFirst(b, 1, nil, func() {})
	r.offer(t, 9, 10, Accepted)
	r.offer(t, 10, 11, Full)
	wantEvicted(t, r.requeue(t, b, nil))
	wantBatches(t, r.takeAll(t), []int{1}, []int{2, 3}, []int{9})
}

// TestRequeueIntoAFullQueue checks which records each policy evicts.
func TestRequeueIntoAFullQueue(t *testing.T) {
	for _, tc := range []struct {
		policy Policy
		gone   displacements
		left   []int
	}{
		{DropNewest, displacements{{1, 6}, {8, 7}}, []int{0, 1, 2, 3, 4, 5}},
		{Block, displacements{{1, 6}, {8, 7}}, []int{0, 1, 2, 3, 4, 5}},
		{DropOldest, displacements{{5, 0}, {2, 1}}, []int{2, 3, 4, 5, 6, 7}},
		{DropLowest, displacements{{1, 6}, {2, 1}}, []int{0, 2, 3, 4, 5, 7}},
	} {
		r := newRig(t, tc.policy, 6, 2)
		for number, level := range []uint8{5, 2, 9, 9} {
			r.offerLevel(t, number, level, Accepted)
		}
		b := r.take(t)
		for i, level := range []uint8{9, 9, 1, 8} {
			r.offerLevel(t, 4+i, level, Accepted)
		}
		wantEvicted(t, r.requeue(t, b, nil), tc.gone...)
		r.wantCounts(t, Counts{Admitted: 8, Queued: 6})
		if left := slices.Concat(r.takeAll(t)...); !slices.Equal(left, tc.left) {
			t.Errorf("policy %d: left %v, want %v", tc.policy, left, tc.left)
		}
	}
}

// TestRequeueBehindSlowProducers checks that records that are still being copied are not
// evicted, and others are.
func TestRequeueBehindSlowProducers(t *testing.T) {
	r := newRig(t, DropNewest, 3, 3)
	r.offer(t, 0, 3, Accepted)
	b := r.take(t)
	slow := r.preempt(t)
	r.offer(t, 4, 5, Accepted)
	other := r.preempt(t)
	wantEvicted(t, r.requeue(t, b, nil), displacement{9, 1}, displacement{9, 2}, displacement{9, 4})
	slow.commit(3, 9)
	other.commit(5, 9)
	r.wantCounts(t, Counts{Admitted: 6, Queued: 3})
	if left := slices.Concat(r.takeAll(t)...); !slices.Equal(left, []int{0, 3, 5}) {
		t.Errorf("left %v", left)
	}
}

// TestRequeueOfEvictedRecords checks that all records that were put back can be evicted.
func TestRequeueOfEvictedRecords(t *testing.T) {
	r := newRig(t, DropOldest, 2, 2)
	r.offer(t, 0, 2, Accepted)
	b := r.take(t)
	f := r.BeginFlush()
	r.offer(t, 2, 4, Accepted)
	wantEvicted(t, r.requeue(t, b, nil), displacement{9, 0}, displacement{9, 1})
	if !done(f) || f.Err() != nil {
		t.Error("a flush waits for evicted records")
	}
	wantBatches(t, r.takeAll(t), []int{2, 3})
}

// TestRequeueMarksVictims checks that a Victim says whether its batch was put back before.
func TestRequeueMarksVictims(t *testing.T) {
	var got []bool
	r := newRigOf(t, Config{Capacity: 2, BatchSize: 1, Policy: DropOldest})
	r.displacedTo(func(v Victim) { got = append(got, v.Requeued) })
	r.offer(t, 0, 2, Accepted)
	r.requeue(t, r.take(t), nil)
	r.offer(t, 2, 4, Accepted)
	if !slices.Equal(got, []bool{true, false}) {
		t.Errorf("Requeued: %v", got)
	}
	r.takeAll(t)
}

func (r *rig) displacedTo(f func(Victim)) { r.Queue.displaced = f }

// TestRequeueAndFlush checks that a flush is over if a batch is put back with an error, and
// continues without one.
func TestRequeueAndFlush(t *testing.T) {
	r := newRig(t, DropNewest, 8, 2)
	r.offer(t, 0, 4, Accepted)
	f := r.BeginFlush()
	b := r.take(t)
	if flushing, _ := r.consumer.Requeue(b, nil, func([]Victim) {}); !flushing || done(f) {
		t.Errorf("flushing %t, done %t", flushing, done(f))
	}
	b = r.take(t)
	first := errors.New("first record")
	r.consumer.SettleFirst(b, 1, first, func() {})
	away := errors.New("away")
	if flushing, _ := r.consumer.Requeue(b, away, func([]Victim) {}); flushing || !done(f) {
		t.Errorf("flushing %t, done %t", flushing, done(f))
	}
	if err := f.Err(); !errors.Is(err, away) || !errors.Is(err, first) {
		t.Errorf("the flush ended with %v", err)
	}
	// Later outcomes do not change the flush: its waiter may be reading the error.
	r.consumer.Settle(r.take(t), errors.New("too late"), func() {})
	if got := f.Err().Error(); got != "first record\naway" {
		t.Errorf("the flush ended with %q", got)
	}
	late := r.BeginFlush()
	wantBatches(t, r.takeAll(t), []int{2, 3})
	if !done(late) || late.Err() != nil || !errors.Is(f.Err(), away) {
		t.Errorf("done %t, %v, and before %v", done(late), late.Err(), f.Err())
	}
}

// TestRequeueAfterRemove checks that no batch can be put back.
func TestRequeueAfterRemove(t *testing.T) {
	r := newRig(t, DropNewest, 4, 2)
	r.offer(t, 0, 2, Accepted)
	b := r.take(t)
	r.Close()
	if drained(r.Queue) {
		t.Error("the queue is drained while a batch may be put back")
	}
	r.Remove()
	if !drained(r.Queue) {
		t.Error("the queue is not drained after Remove")
	}
	if _, ok := r.consumer.Requeue(b, nil, func([]Victim) { t.Error("account called") }); ok {
		t.Error("the batch was put back after Remove")
	}
	wantNumbers(t, "batch", numbersOf(b.Records()), 0, 1)
	r.consumer.Settle(b, nil, func() {})
	r.wantCounts(t, Counts{Admitted: 2})
}

// TestTakeWaitsForRequeue checks that a consumer of a closed queue does not end while
// another holds a batch.
func TestTakeWaitsForRequeue(t *testing.T) {
	for _, settle := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, DropNewest, 4, 2)
			r.offer(t, 0, 2, Accepted)
			b := r.take(t)
			r.Close()
			var taken []int
			ended := false
			other := r.NewConsumer()
			go func() {
				for b := other.Take(); b != nil; b = other.Take() {
					taken = append(taken, numbersOf(b.Records())...)
					other.Settle(b, nil, func() {})
				}
				ended = true
			}()
			synctest.Wait()
			if ended {
				t.Fatal("the consumer ended while another holds a batch")
			}
			if settle {
				r.consumer.Settle(b, nil, func() {})
			} else {
				r.requeue(t, b, nil)
			}
			synctest.Wait()
			if !ended || len(taken) != map[bool]int{true: 0, false: 2}[settle] {
				t.Errorf("ended %t, taken %v", ended, taken)
			}
		})
	}
}

// TestSettleFirst checks that a batch can be settled in parts.
func TestSettleFirst(t *testing.T) {
	r := newRig(t, DropNewest, 4, 4)
	r.offer(t, 0, 4, Accepted)
	b := r.take(t)
	for i := range 3 {
		wantNumbers(t, "left", numbersOf(b.Records()), numbers(i, 4)...)
		r.consumer.SettleFirst(b, 1, nil, func() {})
		r.wantCounts(t, Counts{Admitted: 4, InFlight: 3 - i})
	}
	r.consumer.Settle(b, nil, func() {})
	r.wantCounts(t, Counts{Admitted: 4})
}

// TestRequeueMemory checks that, however often records are evicted for batches that are put
// back, ready batches have little more than twice the capacity in slots.
func TestRequeueMemory(t *testing.T) {
	for _, p := range policies {
		r := newRig(t, p.policy, 64, 8)
		r.maxWait = 0
		r.displacedTo(func(Victim) {})
		n, most := 0, 0
		fill := func(k int) {
			for range k {
				rec := record(n, uint8(n%5))
				r.Offer(&rec, uint8(n%5))
				n++
			}
		}
		fill(64)
		for i := range 5000 {
			b := r.take(t)
			fill(1 + i%13)
			if i%3 > 0 {
				r.requeue(t, b, nil)
				b = r.take(t)
				fill(i % 7)
				if len(b.Records()) > 3 && i%2 == 0 {
					r.consumer.SettleFirst(b, 3, nil, func() {})
					r.requeue(t, b, nil)
					fill(i % 5)
					b = r.take(t)
				}
			}
			r.consumer.Settle(b, nil, func() {})
			fill(i % 11)
			most = max(most, len(r.ready)*r.size)
		}
		if most > 2*64+4*8 {
			t.Errorf("%s: %d slots in ready batches for 64 records", p.name, most)
		}
	}
}
