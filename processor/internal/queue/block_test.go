package queue

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const maxWait = 10 * time.Second

// waiting is an Offer on a goroutine of its own.
type waiting struct {
	number int
	result atomic.Pointer[result] // nil: it has not returned
}

type result struct {
	verdict Verdict
	waited  time.Duration
}

// offerInBackground offers a record on another goroutine, and returns when that Offer has
// returned or waits.
func (r *rig) offerInBackground(number int) *waiting {
	w := &waiting{number: number}
	start := time.Now()
	go func() {
		verdict := r.offerAny(number)
		w.result.Store(&result{verdict, time.Since(start)})
	}()
	synctest.Wait()
	return w
}

func (w *waiting) want(t *testing.T, verdict Verdict, waited time.Duration) {
	t.Helper()
	want := result{verdict, waited}
	if got := w.result.Load(); got == nil || *got != want {
		t.Errorf("Offer of record %d: %v, want %v", w.number, got, want)
	}
}

func (w *waiting) wantWaiting(t *testing.T) {
	t.Helper()
	if got := w.result.Load(); got != nil {
		t.Errorf("Offer of record %d returned %v, want it to wait", w.number, *got)
	}
}

// newFullRig returns a full queue in which producers wait.
func newFullRig(t *testing.T, capacity, size int) *rig {
	t.Helper()
	r := newRigOf(t, Config{Capacity: capacity, BatchSize: size, Policy: Block, MaxWait: maxWait})
	r.offer(t, 0, capacity, Accepted)
	return r
}

// TestBlockHandsOverInOrder checks that capacity goes to waiters in the order in which they
// came, as soon as a batch is taken and not before.
func TestBlockHandsOverInOrder(t *testing.T) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newFullRig(t, s.capacity, s.size)
				start := time.Now()
				var all []*waiting
				for n := s.capacity; n < 4*s.capacity; n++ {
					all = append(all, r.offerInBackground(n))
				}
				taken, next := 0, 0
				for next < len(all) {
					time.Sleep(time.Millisecond)
					r.Expedite()
					b := r.take(t)
					synctest.Wait()
					n := len(b.Records())
					wantNumbers(t, "batch", numbersOf(b.Records()), numbers(taken, taken+n)...)
					taken += n
					for range min(n, len(all)-next) {
						all[next].want(t, Accepted, time.Since(start))
						next++
					}
					for _, w := range all[next:] {
						w.wantWaiting(t)
					}
					checkInvariants(t, r.Queue)
					r.consumer.Settle(b, nil, func() {})
				}
			})
		})
	}
}

// TestBlockMaxWaitIsExact checks that a producer waits for exactly the maximum wait, and
// that no other overtakes those behind it when it leaves.
func TestBlockMaxWaitIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newFullRig(t, 4, 2)
		first := r.offerInBackground(4)
		time.Sleep(time.Second)
		second := r.offerInBackground(5)
		third := r.offerInBackground(6)
		time.Sleep(maxWait - time.Second - 1)
		synctest.Wait()
		first.wantWaiting(t)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		first.want(t, Full, maxWait)
		second.wantWaiting(t)
		checkInvariants(t, r.Queue)

		b := r.take(t)
		synctest.Wait()
		second.want(t, Accepted, maxWait-time.Second)
		third.want(t, Accepted, maxWait-time.Second)
		r.consumer.Settle(b, nil, func() {})
		wantBatches(t, r.takeAll(t), []int{2, 3}, []int{5, 6})
	})
}

// TestBlockOpensAfterTheLastWaiter checks that the fast path, which is closed while
// producers wait, is open again when the last of them has given up.
func TestBlockOpensAfterTheLastWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newFullRig(t, 4, 2)
		w := r.offerInBackground(4)
		time.Sleep(maxWait)
		synctest.Wait()
		w.want(t, Full, maxWait)
		b := r.take(t)
		r.offer(t, 5, 7, Accepted)
		r.consumer.Settle(b, nil, func() {})
	})
}

// TestBlockCloseReleasesWaiters checks that no producer waits any longer when the queue is
// closed, and that a producer that got a slot before keeps it.
func TestBlockCloseReleasesWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newFullRig(t, 4, 2)
		var all []*waiting
		for n := 4; n < 10; n++ {
			all = append(all, r.offerInBackground(n))
		}
		time.Sleep(time.Second)
		b := r.take(t)
		r.Close()
		synctest.Wait()
		for _, w := range all[:2] {
			w.want(t, Accepted, time.Second)
		}
		for _, w := range all[2:] {
			w.want(t, Full, time.Second)
		}
		r.offerInBackground(10).want(t, Closed, 0)
		r.consumer.Settle(b, nil, func() {})
		wantBatches(t, r.takeAll(t), []int{2, 3}, []int{4, 5})
	})
}

// TestBlockTimeoutMeetsFreeCapacity checks that the verdict is true when the wait ends and
// capacity becomes free at the same instant, in either order.
func TestBlockTimeoutMeetsFreeCapacity(t *testing.T) {
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			r := newFullRig(t, 2, 1)
			start := time.Now()
			first, second := r.offerInBackground(2), r.offerInBackground(3)
			time.Sleep(maxWait)
			b := r.take(t)
			c := r.take(t)
			synctest.Wait()
			left := []int(nil)
			for _, w := range []*waiting{first, second} {
				got := w.result.Load()
				if got == nil {
					t.Fatalf("record %d still waits", w.number)
				}
				if got.verdict == Accepted {
					left = append(left, w.number)
				}
				w.want(t, got.verdict, time.Since(start))
			}
			r.offer(t, 4, 4+2-len(left), Accepted)
			r.offerInBackground(9).wantWaiting(t)
			r.wantCounts(t, Counts{Admitted: 4, Queued: 2, InFlight: 2})
			r.consumer.Settle(b, nil, func() {})
			r.consumer.Settle(c, nil, func() {})
			r.Close()
		})
	}
}

// TestBlockLateCommit checks that a consumer that is taking a batch waits for a producer
// that has just got a slot in it.
func TestBlockLateCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newFullRig(t, 1, 1)
		slow := r.offerInBackground(1)
		for n := range 10 {
			b := r.take(t) // gives the waiter a slot, which fills the next batch at once
			wantNumbers(t, "batch", numbersOf(b.Records()), n)
			c := r.take(t)
			wantNumbers(t, "batch", numbersOf(c.Records()), n+1)
			synctest.Wait()
			slow.want(t, Accepted, 0)
			r.consumer.Settle(b, nil, func() {})
			r.consumer.Settle(c, nil, func() {})
			r.offer(t, n+1, n+2, Accepted)
			slow = r.offerInBackground(n + 2)
		}
		r.Close()
	})
}

// TestBlockWithoutMaxWait checks that Block refuses at once if the maximum wait is not
// positive.
func TestBlockWithoutMaxWait(t *testing.T) {
	for _, maxWait := range []time.Duration{0, -time.Second} {
		synctest.Test(t, func(t *testing.T) {
			r := newRigOf(t, Config{Capacity: 1, BatchSize: 1, Policy: Block, MaxWait: maxWait})
			r.offer(t, 0, 1, Accepted)
			r.offerInBackground(1).want(t, Full, 0)
		})
	}
}
