package queue

import "testing"

// claimOn offers a record to a batch that was open when its producer looked.
func (r *rig) claimOn(t *testing.T, b *Batch, number int, want Verdict) {
	t.Helper()
	rec := record(number, 9)
	if got := offerTo(r.Queue, b, &rec, 9); got != want {
		t.Errorf("Offer of record %d to a stale batch = %d, want %d", number, got, want)
	}
	checkInvariants(t, r.Queue)
}

// TestStaleBatch claims a slot of a batch in every place where it can be after it was open.
func TestStaleBatch(t *testing.T) {
	for _, p := range policies {
		t.Run(p.name, func(t *testing.T) {
			r := newRig(t, p.policy, 20, 2)
			stale := r.open.Load()
			r.offer(t, 0, 2, Accepted)
			r.claimOn(t, stale, 2, Accepted) // ready: the record goes to the open batch

			b := r.take(t)
			if b != stale {
				t.Fatal("Take did not return the batch that was open first")
			}
			r.claimOn(t, stale, 3, Accepted) // taken
			wantNumbers(t, "taken batch", numbersOf(b.Records()), 0, 1)

			r.consumer.Settle(b, nil, func() {})
			if len(r.free) == 0 || r.free[len(r.free)-1] != stale {
				t.Fatal("a settled batch is not free")
			}
			r.claimOn(t, stale, 4, Accepted) // free
			for range 50 {
				stale.word.Add(1)
			}
			r.offer(t, 5, 6, Accepted)
			if r.tail != stale {
				t.Fatal("the free batch has not become the tail")
			}
			r.claimOn(t, stale, 6, Accepted) // open again: a valid claim on its new use
			r.claimOn(t, stale, 7, Accepted)
			wantBatches(t, r.takeAll(t), []int{2, 3}, []int{4, 5}, []int{6, 7})
			r.wantCounts(t, Counts{Admitted: 8})
		})
	}
}

// TestStaleBatchWhenFull checks that a stale pointer does not bypass the capacity of a full
// queue.
func TestStaleBatchWhenFull(t *testing.T) {
	for _, policy := range []Policy{DropNewest, DropLowest, Block} {
		r := newRig(t, policy, 4, 2)
		first := r.open.Load()
		r.offer(t, 0, 4, Accepted)
		r.claimOn(t, first, 4, Full)
		b := r.take(t)
		r.claimOn(t, first, 5, Accepted)
		r.claimOn(t, first, 6, Accepted)
		r.claimOn(t, first, 7, Full)
		r.consumer.Settle(b, nil, func() {})
		r.claimOn(t, first, 8, Full)
		wantBatches(t, r.takeAll(t), []int{2, 3}, []int{5, 6})
	}
}

// TestStaleBatchOfRaisedLimit checks that a claim is valid if the batch is still open but
// its limit has changed, and that a late call of advance changes nothing.
func TestStaleBatchOfRaisedLimit(t *testing.T) {
	r := newRig(t, DropNewest, 6, 4)
	r.offer(t, 0, 6, Accepted) // {0 1 2 3} {4 5
	tail := r.tail
	b := r.take(t) // the limit of the tail is 4 now
	r.claimOn(t, tail, 6, Accepted)
	r.advance(tail)
	r.claimOn(t, tail, 7, Accepted)
	r.claimOn(t, tail, 8, Accepted)
	r.consumer.Settle(b, nil, func() {})
	wantBatches(t, r.takeAll(t), []int{4, 5, 6, 7}, []int{8})
}

// TestStaleBatchMerged checks that a batch whose records were moved to its neighbour is
// free, and holds none of them when it is used again.
func TestStaleBatchMerged(t *testing.T) {
	r := newRig(t, DropLowest, 4, 2)
	r.offerLevel(t, 0, 1, Accepted)
	r.offerLevel(t, 1, 9, Accepted)
	stale := r.open.Load()
	r.offerLevel(t, 2, 1, Accepted)
	r.offerLevel(t, 3, 9, Accepted)
	r.offerLevel(t, 4, 17, Accepted)
	r.offerLevel(t, 5, 17, Accepted) // {_ 1} {_ 3} have become {1 3}
	if b := r.take(t); b == stale {
		t.Fatal("records are moved backwards")
	}
	r.claimOn(t, stale, 6, Accepted)
	r.claimOn(t, stale, 7, Accepted)
	wantBatches(t, r.takeAll(t), []int{4, 5}, []int{6, 7})
}

// TestAbandonedBatch checks that an abandoned batch is never used again.
func TestAbandonedBatch(t *testing.T) {
	r := newRig(t, DropNewest, 4, 2)
	r.offer(t, 0, 2, Accepted)
	abandoned := r.take(t)
	r.consumer.Abandon(abandoned, nil, func() {})
	for n := 2; n < 20; n += 2 {
		r.offer(t, n, n+2, Accepted)
		b := r.take(t)
		if b == abandoned {
			t.Fatal("an abandoned batch is used again")
		}
		r.consumer.Settle(b, nil, func() {})
	}
	wantNumbers(t, "abandoned batch", numbersOf(abandoned.Records()), 0, 1)
	r.claimOn(t, abandoned, 20, Accepted)
	wantBatches(t, r.takeAll(t), []int{20})
}
