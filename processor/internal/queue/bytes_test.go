package queue

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// offerSized offers a record of level 9 with a size in bytes.
func (r *rig) offerSized(t *testing.T, number, size int, want Verdict) {
	t.Helper()
	r.offerSizedLevel(t, number, 9, size, want)
}

func (r *rig) offerSizedLevel(t *testing.T, number int, level uint8, size int, want Verdict) {
	t.Helper()
	rec := record(number, level)
	if got := r.OfferSized(&rec, level, size); got != want {
		t.Fatalf("OfferSized of record %d, level %d, %d bytes = %d, want %d", number, level, size, got, want)
	}
	checkInvariants(t, r.Queue)
}

// wantBytes checks how many records and bytes are queued.
func (r *rig) wantBytes(t *testing.T, records, bytes int) {
	t.Helper()
	r.Snapshot(func(c Counts) {
		if c.Queued != records || c.QueuedBytes != bytes {
			t.Errorf("%d records of %d bytes queued, want %d of %d", c.Queued, c.QueuedBytes, records, bytes)
		}
	})
}

func newSizedRig(t *testing.T, policy Policy, maxBytes int) *rig {
	t.Helper()
	return newRigOf(t, Config{Capacity: 20, BatchSize: 4, Policy: policy, MaxBytes: maxBytes})
}

// TestBytesAreExact checks that the last byte can be used, and no more, and that a record
// that does not fit does not keep a smaller one out.
func TestBytesAreExact(t *testing.T) {
	for _, p := range []Policy{DropNewest, DropLowest, Block} { // Block does not wait
		r := newSizedRig(t, p, 100)
		for n := range 9 {
			r.offerSized(t, n, 11, Accepted)
		}
		r.offerSized(t, 9, 2, Full)
		r.offerSized(t, 10, 1, Accepted)
		r.offerSized(t, 11, 1, Full)
		r.wantBytes(t, 10, 100)
		r.wantDisplaced(t)
		wantBatches(t, r.takeAll(t), []int{0, 1, 2, 3}, []int{4, 5, 6, 7}, []int{8, 10})
		r.wantBytes(t, 0, 0)
	}
}

// TestCountAndBytes checks that both bounds hold.
func TestCountAndBytes(t *testing.T) {
	r := newRigOf(t, Config{Capacity: 3, BatchSize: 2, MaxBytes: 100})
	for n := range 3 {
		r.offerSized(t, n, 1, Accepted)
	}
	r.offerSized(t, 3, 1, Full)
	r.wantBytes(t, 3, 3)
	r.takeAll(t)
	r.offerSized(t, 4, 99, Accepted)
	r.offerSized(t, 5, 2, Full)
	r.wantBytes(t, 1, 99)
}

// TestTooLarge checks that a record larger than the queue is refused, and evicts nothing.
func TestTooLarge(t *testing.T) {
	for _, p := range policies {
		r := newRigOf(t, Config{Capacity: 20, BatchSize: 4, Policy: p.policy, MaxBytes: 100, MaxWait: time.Hour})
		r.offerSized(t, 0, 1, Accepted)
		r.offerSizedLevel(t, 1, 24, 101, TooLarge)
		r.wantDisplaced(t)
		r.wantBytes(t, 1, 1)
		r.takeAll(t)
		r.offerSized(t, 2, 100, Accepted)
		r.Close()
		r.offerSized(t, 3, 101, Closed)
		r.offerSized(t, 4, 1, Closed)
	}
}

// TestTakingReturnsBytes checks that bytes, like slots, become free when a batch is taken,
// and not only when it is settled.
func TestTakingReturnsBytes(t *testing.T) {
	r := newSizedRig(t, DropNewest, 40)
	for n := range 4 {
		r.offerSized(t, n, 10, Accepted)
	}
	r.offerSized(t, 4, 1, Full)
	b := r.take(t)
	r.wantBytes(t, 0, 0)
	r.offerSized(t, 5, 40, Accepted)
	r.consumer.Settle(b, nil, func() {})
	r.wantBytes(t, 1, 40)
	r.offerSized(t, 6, 1, Full)
}

// TestBatchIsDueByItsBytes checks that the open batch is due once it has half of the bytes
// that it can have, if there is no other batch to take.
func TestBatchIsDueByItsBytes(t *testing.T) {
	for _, p := range policies {
		r := newRigOf(t, Config{Capacity: 20, BatchSize: 3, Policy: p.policy, MaxBytes: 101, MaxWait: time.Hour})
		due := func(when string, want bool) {
			t.Helper()
			if got := r.due.Load(); got != want {
				t.Errorf("%s, %s: due %t, want %t", p.name, when, got, want)
			}
		}
		r.offerSized(t, 0, 50, Accepted)
		due("one below half", false)
		r.offerSized(t, 1, 1, Accepted)
		due("at half", true)
		b := r.take(t)
		due("taken", false)
		for n := 2; n < 5; n++ {
			r.offerSized(t, n, 10, Accepted)
		}
		r.offerSized(t, 5, 55, Accepted)
		due("behind a full batch", false)
		r.consumer.Settle(b, nil, func() {})
		b = r.take(t)
		due("after the full batch was taken", true)
		r.consumer.Settle(r.take(t), nil, func() {})
		r.requeueAll(t, b)
		b = r.take(t) // and reserves 30
		r.offerSized(t, 6, 35, Accepted)
		due("one below half of the unreserved bytes", false)
		r.offerSized(t, 7, 1, Accepted)
		due("at half of the unreserved bytes", true)
		r.consumer.Settle(r.take(t), nil, func() {})
		r.consumer.Settle(b, nil, func() {})
		r.offerSized(t, 8, 50, Accepted)
		due("one below half again", false)
	}
}

// TestDropOldestByBytes checks that as many records are evicted as are needed, and no more.
func TestDropOldestByBytes(t *testing.T) {
	r := newSizedRig(t, DropOldest, 100)
	for n := range 10 {
		r.offerSized(t, n, 10, Accepted)
	}
	r.offerSized(t, 10, 5, Accepted)
	r.wantDisplaced(t, displacement{9, 0})
	r.wantBytes(t, 10, 95)
	r.offerSized(t, 11, 26, Accepted) // 5 are free: 21 more are needed
	r.wantDisplaced(t, displacement{9, 1}, displacement{9, 2}, displacement{9, 3})
	r.wantBytes(t, 8, 91)
	r.offerSized(t, 12, 100, Accepted)
	r.wantBytes(t, 1, 100)
	wantBatches(t, r.takeAll(t), []int{12})
}

// TestDropLowestByBytes checks that the lowest records are evicted first, the oldest of
// them first, but none in vain.
func TestDropLowestByBytes(t *testing.T) {
	r := newSizedRig(t, DropLowest, 60)
	for n, level := range []uint8{5, 9, 1, 5, 13, 1} {
		r.offerSizedLevel(t, n, level, 10, Accepted)
	}
	r.offerSizedLevel(t, 6, 9, 41, Full) // all below take 40
	r.offerSizedLevel(t, 7, 5, 21, Full)
	r.offerSizedLevel(t, 8, 1, 1, Full)
	r.wantDisplaced(t)
	r.offerSizedLevel(t, 9, 9, 25, Accepted)
	r.wantDisplaced(t, displacement{1, 2}, displacement{1, 5}, displacement{5, 0})
	r.wantBytes(t, 4, 55)
	wantBatches(t, r.takeAll(t), []int{1, 3}, []int{4, 9})
}

// TestEvictionForASlot checks that one record is evicted where bytes are free and slots are
// not, and that its bytes are free then.
func TestEvictionForASlot(t *testing.T) {
	for _, p := range []Policy{DropOldest, DropLowest} {
		r := newRigOf(t, Config{Capacity: 4, BatchSize: 2, Policy: p, MaxBytes: 100})
		for n := range 4 {
			r.offerSizedLevel(t, n, 1, 10, Accepted)
		}
		r.offerSized(t, 4, 1, Accepted)
		r.wantDisplaced(t, displacement{1, 0})
		r.wantBytes(t, 4, 31)
	}
}

// TestUncommittedBytesAreNotEvicted checks that the bytes of a concurrent call are not
// evicted. Other records are evicted nevertheless, and the queue stays usable.
func TestUncommittedBytesAreNotEvicted(t *testing.T) {
	r := newSizedRig(t, DropOldest, 100)
	slow := preempt(t, r.Queue, 60)
	r.offerSized(t, 1, 40, Accepted)
	r.offerSized(t, 2, 50, Full)
	r.wantDisplaced(t, displacement{9, 1})
	r.wantBytes(t, 1, 60)
	r.offerSized(t, 3, 40, Accepted)
	slow.commit(0, 9)
	wantBatches(t, r.takeAll(t), []int{0, 3})
	r.wantBytes(t, 0, 0)
}

// TestEvictedTailIsNotHandedOut checks that an open batch that was due is not due any more
// when all its records were evicted.
func TestEvictedTailIsNotHandedOut(t *testing.T) {
	r := newRigOf(t, Config{Capacity: 8, BatchSize: 2, Policy: DropOldest, MaxBytes: 100})
	slow := preempt(t, r.Queue, 60)
	slow2 := preempt(t, r.Queue, 10)
	r.offerSized(t, 1, 30, Accepted)
	r.Expedite()
	r.offerSized(t, 2, 50, Full)
	r.wantDisplaced(t, displacement{9, 1})
	if r.due.Load() {
		t.Error("an empty batch is due")
	}
	slow.commit(0, 9)
	slow2.commit(3, 9)
	wantBatches(t, r.takeAll(t), []int{0, 3})
}

// TestWaitingForBytes checks that waiters get bytes in order, that a large record holds up
// the small ones behind it, and that those are admitted when its producer gives up.
func TestWaitingForBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRigOf(t, Config{Capacity: 20, BatchSize: 2, Policy: Block, MaxWait: time.Second, MaxBytes: 100})
		r.offerSized(t, 0, 40, Accepted)
		r.offerSized(t, 1, 10, Accepted)
		r.offerSized(t, 2, 40, Accepted)
		var producers sync.WaitGroup
		verdicts := make(map[int]Verdict)
		var mu sync.Mutex
		offer := func(number, size int) {
			producers.Go(func() {
				rec := record(number, 9)
				v := r.OfferSized(&rec, 9, size)
				mu.Lock()
				defer mu.Unlock()
				verdicts[number] = v
			})
			synctest.Wait()
			checkInvariants(t, r.Queue)
		}
		offer(3, 80)
		time.Sleep(100 * time.Millisecond)
		offer(4, 5) // would fit
		offer(5, 30)
		r.wantBytes(t, 3, 90)
		r.consumer.Settle(r.take(t), nil, func() {})
		synctest.Wait()
		r.wantBytes(t, 1, 40) // 80 are still not free
		time.Sleep(900 * time.Millisecond)
		synctest.Wait()
		r.wantBytes(t, 3, 75)
		producers.Wait()
		if want := map[int]Verdict{3: Full, 4: Accepted, 5: Accepted}; fmt.Sprint(verdicts) != fmt.Sprint(want) {
			t.Errorf("verdicts %v, want %v", verdicts, want)
		}
		r.offerSized(t, 6, 25, Accepted) // the queue is open to all again
		wantBatches(t, r.takeAll(t), []int{2, 4}, []int{5, 6})
	})
}

// TestReopenAfterLastByteWaiter checks that the queue is open again when no producer waits for
// bytes any longer.
func TestReopenAfterLastByteWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRigOf(t, Config{Capacity: 20, BatchSize: 2, Policy: Block, MaxWait: time.Second, MaxBytes: 100, High: 20, Low: 10, HighBytes: 100})
		r.offerSized(t, 0, 60, Accepted)
		r.wantPressed(t, "with free bytes", false)
		var producers sync.WaitGroup
		producers.Go(func() { r.offerSized(t, 1, 50, Full) })
		synctest.Wait()
		r.wantPressed(t, "while a producer waits", true)
		producers.Wait()
		if r.open.Load() == nil {
			t.Error("the queue is not open after the last waiter gave up")
		}
		r.offerSized(t, 2, 40, Accepted)
	})
}

func TestOfferSizedAllocs(t *testing.T) {
	for _, p := range policies {
		q := New(Config{
			Capacity: 64, BatchSize: 8, Policy: p.policy, KeepLevel: 17, MaxBytes: 400,
			Displaced: func(Victim) {},
		})
		rec := record(0, 9)
		offerAll := func() {
			for range 128 {
				q.OfferSized(&rec, 9, 10)
			}
		}
		offerAll()
		if allocs := testing.AllocsPerRun(100, offerAll); allocs > 128/8/4 {
			t.Errorf("%s: %v allocations for 128 records", p.name, allocs)
		}
	}
}

// TestBytesConcurrentSafe is the stress test of a queue whose bytes are scarcer than its
// slots.
func TestBytesConcurrentSafe(t *testing.T) {
	for _, p := range policies {
		for _, requeue := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/requeue=%t", p.name, requeue), func(t *testing.T) {
				cfg := Config{
					Capacity: 70, BatchSize: 16, Policy: p.policy, MaxWait: time.Minute,
					MaxBytes: 150, High: 50, Low: 20, HighBytes: 120, LowBytes: 60,
				}
				s := startStress(t, cfg, 3, requeue)
				s.offerFrom(0, 8)
				s.offered.Wait()
				s.q.Close()
				s.finish(t)
				if used := s.q.bytes.used.Load(); used != 0 || s.q.bytes.reserved != 0 {
					t.Errorf("%d bytes used, %d reserved, in an empty queue", used, s.q.bytes.reserved)
				}
				if p.policy == Block && !requeue && s.refused.Load() > 0 {
					t.Errorf("%d records refused before their time was up", s.refused.Load())
				}
			})
		}
	}
}
