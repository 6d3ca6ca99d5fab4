package queue

import (
	"testing"
)

var policies = []struct {
	name   string
	policy Policy
}{
	{"DropNewest", DropNewest},
	{"DropOldest", DropOldest},
	{"DropLowest", DropLowest},
	{"Block", Block},
}

// shapes are capacities that are and are not a multiple of the batch size.
var shapes = []struct {
	name           string
	capacity, size int
}{
	{"10 by 4", 10, 4},
	{"5 by 5", 5, 5},
	{"1 by 1", 1, 1},
	{"7 by 3", 7, 3},
	{"8 by 1", 8, 1},
	{"6 by 3", 6, 3},
	{"3 by 2", 3, 2},
}

// kinds returns every policy with every shape. Block does not wait.
func kinds() []kind {
	var out []kind
	for _, p := range policies {
		for _, s := range shapes {
			out = append(out, kind{p.name + "/" + s.name, p.policy, s.capacity, s.size})
		}
	}
	return out
}

type kind struct {
	name           string
	policy         Policy
	capacity, size int
}

func (k kind) rig(t *testing.T) *rig {
	t.Helper()
	return newRig(t, k.policy, k.capacity, k.size)
}

// numbers returns from … to-1.
func numbers(from, to int) []int {
	var out []int
	for n := from; n < to; n++ {
		out = append(out, n)
	}
	return out
}

func TestCapacityIsExact(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			r := k.rig(t)
			r.offer(t, 0, r.capacity, Accepted)
			r.wantDisplaced(t)
			r.wantCounts(t, Counts{Admitted: uint64(r.capacity), Queued: r.capacity})
			if r.policy == DropOldest {
				r.offer(t, r.capacity, r.capacity+1, Accepted)
				r.wantDisplaced(t, displacement{9, 0})
				r.wantCounts(t, Counts{Admitted: uint64(r.capacity + 1), Queued: r.capacity})
				return
			}
			r.offer(t, r.capacity, r.capacity+1, Full)
			r.wantDisplaced(t)
			r.wantCounts(t, Counts{Admitted: uint64(r.capacity), Queued: r.capacity})
			var want [][]int
			for from := 0; from < r.capacity; from += r.size {
				want = append(want, numbers(from, min(from+r.size, r.capacity)))
			}
			wantBatches(t, r.takeAll(t), want...)
		})
	}
}

// TestCapacityIsExactForClaims checks that the limit stops claims on the fast path, also
// when the free capacity is less than a batch.
func TestCapacityIsExactForClaims(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			r := k.rig(t)
			for n := range r.capacity {
				if r.open.Load() == nil {
					t.Fatalf("nothing is open after %d of %d records", n, r.capacity)
				}
				r.offer(t, n, n+1, Accepted)
			}
			if r.open.Load() != nil {
				t.Error("a full queue is open")
			}
		})
	}
}

// TestTakingFreesCapacity checks that a batch frees capacity for as many records as it has
// when it is taken, not before, and not only when it is settled.
func TestTakingFreesCapacity(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			r := k.rig(t)
			if r.policy == DropOldest {
				t.Skip("never refuses")
			}
			next := r.capacity
			r.offer(t, 0, next, Accepted)
			r.Expedite()
			for range 3 * r.capacity {
				b := r.take(t)
				n := len(b.Records())
				r.offer(t, next, next+n, Accepted)
				r.offer(t, next+n, next+n+1, Full)
				next += n
				r.wantCounts(t, Counts{Admitted: uint64(next), Queued: r.capacity, InFlight: n})
				r.consumer.Settle(b, nil, func() {})
				r.offer(t, next, next+1, Full)
				r.wantCounts(t, Counts{Admitted: uint64(next), Queued: r.capacity})
				checkInvariants(t, r.Queue)
				r.Expedite()
			}
		})
	}
}

func TestSizes(t *testing.T) {
	q := New(Config{Capacity: 3, BatchSize: 8})
	if q.Capacity() != 3 || q.BatchSize() != 3 {
		t.Errorf("capacity %d, batch size %d, want 3 and 3: a batch is never larger than the queue", q.Capacity(), q.BatchSize())
	}
	q = New(Config{Capacity: 1 << 20, BatchSize: 1 << 20})
	if q.BatchSize() != MaxBatchSize {
		t.Errorf("batch size %d, want at most %d", q.BatchSize(), MaxBatchSize)
	}
}

// TestOvershoot checks that failed claims on a full batch are removed again, so that they
// neither count as records nor use up the capacity that becomes free.
func TestOvershoot(t *testing.T) {
	for _, p := range policies {
		t.Run(p.name, func(t *testing.T) {
			r := newRig(t, p.policy, 6, 4)
			r.offer(t, 0, 6, Accepted)
			tail := r.tail
			for range 100 { // producers that had found the batch open
				tail.word.Add(1)
			}
			r.wantCounts(t, Counts{Admitted: 6, Queued: 6})
			b := r.take(t)
			r.offer(t, 6, 10, Accepted)
			r.wantCounts(t, Counts{Admitted: 10, Queued: 6, InFlight: 4})
			r.consumer.Settle(b, nil, func() {})
			wantBatches(t, r.takeAll(t), []int{4, 5, 6, 7}, []int{8, 9})
		})
	}
}

// TestLastSlotBeforeReopen checks that no record is lost if the producer of a batch's last
// slot is preempted before it opens the next batch: later producers open it.
func TestLastSlotBeforeReopen(t *testing.T) {
	for _, p := range policies {
		t.Run(p.name, func(t *testing.T) {
			r := newRig(t, p.policy, 6, 2)
			r.offer(t, 0, 1, Accepted)
			b := r.tail
			word := b.word.Add(1)
			if word != pack(2, 2) {
				t.Fatalf("the word is %x, want limit 2, claimed 2", word)
			}
			r.wantCounts(t, Counts{Admitted: 2, Queued: 2})
			r.offer(t, 2, 5, Accepted)
			preempted{batch: b, slot: 1}.commit(1, 9)
			r.advance(b) // nothing is left to do
			r.offer(t, 5, 6, Accepted)
			wantBatches(t, r.takeAll(t), []int{0, 1}, []int{2, 3}, []int{4, 5})
		})
	}
}

// TestLastCapacityBeforeReopen is TestLastSlotBeforeReopen for the last slot of the whole
// queue.
func TestLastCapacityBeforeReopen(t *testing.T) {
	r := newRig(t, DropNewest, 3, 2)
	r.offer(t, 0, 2, Accepted)
	b := r.tail
	b.word.Add(1)
	r.offer(t, 3, 4, Full)
	if r.open.Load() != nil {
		t.Error("the refused producer left a full queue open, so all later ones take the mutex")
	}
	preempted{batch: b}.commit(2, 9)
	r.advance(b)
	wantBatches(t, r.takeAll(t), []int{0, 1}, []int{2})
}

// TestOfferCopies checks that the queue does not share the caller's record once Offer has
// returned.
func TestOfferCopies(t *testing.T) {
	r := newRig(t, DropNewest, 8, 8)
	for n := range 8 {
		rec := fuzzRecord(n, 9)
		if r.Offer(&rec, 9) != Accepted {
			t.Fatal("record refused")
		}
		spoil(&rec)
	}
	b := r.take(t)
	for i := range b.Records() {
		if rec := &b.Records()[i]; !intact(rec) {
			t.Errorf("record %d of %d attributes was changed by its caller", i, rec.AttributesLen())
		}
	}
	r.consumer.Settle(b, nil, func() {})
	for i := range b.slots.records {
		if !isZero(&b.slots.records[i]) {
			t.Error("a settled batch keeps a record alive")
		}
	}
}
