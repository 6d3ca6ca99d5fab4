package queue

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// wantPressed checks UnderPressure and the invariants.
func (r *rig) wantPressed(t *testing.T, when string, want bool) {
	t.Helper()
	if got := r.UnderPressure(); got != want {
		t.Errorf("%s: pressed %t, want %t", when, got, want)
	}
	checkInvariants(t, r.Queue)
}

// TestPressure checks that pressure lasts from the record that reaches the high mark, at
// any position in a batch, until a consumer takes the batch that brings the queue down to
// the low mark.
func TestPressure(t *testing.T) {
	for _, p := range policies {
		for high := 1; high <= 12; high++ {
			r := newRigOf(t, Config{Capacity: 12, BatchSize: 5, Policy: p.policy, High: high, Low: high / 2})
			for n := range 12 {
				r.wantPressed(t, p.name, n >= high)
				r.offer(t, n, n+1, Accepted)
			}
			r.wantPressed(t, p.name, true)
			for r.Len() > 0 {
				r.Expedite()
				b := r.take(t)
				r.wantPressed(t, p.name, r.Len() > high/2)
				r.consumer.Settle(b, nil, func() {})
				r.wantPressed(t, p.name, r.Len() > high/2)
			}
			r.offer(t, 0, high-1, Accepted)
			r.wantPressed(t, p.name, false)
			r.offer(t, 0, 1, Accepted)
			r.wantPressed(t, p.name, true)
		}
	}
}

// TestPressureBetweenTheMarks checks that between the marks the pressure depends on the
// mark that was reached last.
func TestPressureBetweenTheMarks(t *testing.T) {
	r := newRigOf(t, Config{Capacity: 12, BatchSize: 2, High: 10, Low: 4})
	r.offer(t, 0, 9, Accepted)
	for range 5 { // down to 7, up to 9
		r.consumer.Settle(r.take(t), nil, func() {})
		r.wantPressed(t, "coming from below", false)
		r.offer(t, 0, 2, Accepted)
		r.wantPressed(t, "coming from below", false)
	}
	r.offer(t, 0, 1, Accepted)
	for range 5 { // down to 5, up to 11
		for range 3 {
			r.consumer.Settle(r.take(t), nil, func() {})
			r.wantPressed(t, "coming from above", r.Len() > 4)
		}
		r.offer(t, 0, 10-r.Len(), Accepted)
		r.wantPressed(t, "coming from above", true)
	}
}

// TestPressureWithHoles checks that evicted records do not count.
func TestPressureWithHoles(t *testing.T) {
	r := newRigOf(t, Config{Capacity: 6, BatchSize: 4, Policy: DropOldest, High: 5, Low: 2})
	r.offer(t, 0, 20, Accepted)
	r.wantPressed(t, "full", true)
	for r.Len() > 2 {
		r.Expedite()
		r.consumer.Settle(r.take(t), nil, func() {})
	}
	r.wantPressed(t, "emptied", false)
	r.offer(t, 0, 4-r.Len(), Accepted)
	r.wantPressed(t, "one below the mark", false)
	r.offer(t, 0, 1, Accepted)
	r.wantPressed(t, "at the mark", true)
}

// TestPressureWhileWaiting checks that the queue counts as full while producers wait.
func TestPressureWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRigOf(t, Config{Capacity: 4, BatchSize: 2, Policy: Block, MaxWait: time.Hour, High: 4, Low: 2})
		r.offer(t, 0, 4, Accepted)
		var producers sync.WaitGroup
		for n := 4; n < 7; n++ {
			producers.Go(func() { r.offerAny(n) })
			synctest.Wait()
		}
		for i, left := range []int{4, 3, 1} { // two of three get a slot, then one
			r.consumer.Settle(r.take(t), nil, func() {})
			synctest.Wait()
			if got := r.Len(); got != left {
				t.Fatalf("%d records after %d batches, want %d", got, i+1, left)
			}
			r.wantPressed(t, "after a batch", left > 2)
		}
		producers.Wait()
	})
}

// TestNoPressureWhenClosed checks that a closed queue is not under pressure: callers that
// ask before they log would otherwise not find out that it is closed.
func TestNoPressureWhenClosed(t *testing.T) {
	r := newRigOf(t, Config{Capacity: 4, BatchSize: 2, High: 3, Low: 1})
	r.offer(t, 0, 4, Accepted)
	r.wantPressed(t, "full", true)
	r.Close()
	r.wantPressed(t, "closed", false)
	r.takeAll(t)
	r.wantPressed(t, "drained", false)
}

// TestNoPressureWithoutMarks checks that without marks there is no pressure, and that
// claims are not stopped.
func TestNoPressureWithoutMarks(t *testing.T) {
	r := newRig(t, DropNewest, 8, 8)
	r.offer(t, 0, 8, Accepted)
	r.wantPressed(t, "full", false)
	r.offer(t, 8, 9, Full)
	r.wantPressed(t, "refusing", false)
}

// TestPressureConcurrentSafe lets producers cross the mark together, and a consumer come
// down from it. When all calls have returned, the flag must agree with the count.
func TestPressureConcurrentSafe(t *testing.T) {
	const capacity, high = 64, 40
	for round := range 50 {
		s := newConsumerStress(Config{
			Capacity: capacity, BatchSize: 16, Policy: policies[round%len(policies)].policy, High: high, Low: high - 1,
			Displaced: func(Victim) {},
		}, 0)
		var producers sync.WaitGroup
		for producer := range 8 {
			producers.Go(func() { s.offerSome(producer, 6) })
		}
		producers.Wait()
		if !s.q.UnderPressure() {
			t.Fatalf("not pressed with %d records", s.q.Len())
		}
		checkInvariants(t, s.q)
		c := s.q.NewConsumer()
		for s.q.Len() > 0 {
			s.q.Expedite()
			c.Settle(c.Take(), nil, func() {})
			if got, want := s.q.UnderPressure(), s.q.Len() >= high; got != want {
				t.Fatalf("pressed %t with %d records", got, s.q.Len())
			}
		}
	}
}

// TestPressureOfBytes checks that pressure begins with the record that reaches the mark.
func TestPressureOfBytes(t *testing.T) {
	r := newRigOf(t, Config{Capacity: 20, BatchSize: 4, MaxBytes: 100, High: 20, Low: 10, HighBytes: 80, LowBytes: 30})
	for n := range 5 {
		r.offerSized(t, n, 15, Accepted)
		r.wantPressed(t, "below", false)
	}
	r.offerSized(t, 5, 4, Accepted)
	r.wantPressed(t, "one byte below", false)
	r.offerSized(t, 6, 1, Accepted)
	r.wantPressed(t, "at the mark", true)
	r.consumer.Settle(r.take(t), nil, func() {})
	r.wantPressed(t, "at 20", false)
	r.offerSized(t, 7, 61, Accepted)
	r.wantPressed(t, "filled with one record", true)
}
