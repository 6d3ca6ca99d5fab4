package queue

import "testing"

// TestRequeueBytes checks that a batch that is put back counts with its bytes, keeps them
// reserved while it is taken again, and returns those of the settled records.
func TestRequeueBytes(t *testing.T) {
	for _, p := range policies {
		r := newRigOf(t, Config{Capacity: 20, BatchSize: 4, Policy: p.policy, MaxBytes: 100})
		for n := range 4 {
			r.offerSized(t, n, 10+n, Accepted)
		}
		b := r.take(t)
		r.wantBytes(t, 0, 0)
		r.requeueAll(t, b)
		r.wantBytes(t, 4, 46)
		b = r.take(t)
		r.wantBytes(t, 0, 0)
		if p.policy != DropOldest {
			r.offerSized(t, 4, 55, Full) // 46 are reserved
		}
		r.offerSized(t, 5, 54, Accepted)
		r.consumer.SettleFirst(b, 1, nil, func() {})
		r.offerSized(t, 6, 10, Accepted)
		r.wantBytes(t, 2, 64)
		r.requeueAll(t, b)
		r.wantBytes(t, 5, 100)
		b = r.take(t)
		r.wantBytes(t, 2, 64)
		r.consumer.Settle(b, nil, func() {})
		r.offerSized(t, 7, 36, Accepted)
		r.wantBytes(t, 3, 100)
		wantBatches(t, r.takeAll(t), []int{5, 6, 7})
		r.wantBytes(t, 0, 0)
	}
}

// requeueAll puts back a batch that fits, so that no record is evicted.
func (r *rig) requeueAll(t *testing.T, b *Batch) {
	t.Helper()
	if _, ok := r.consumer.Requeue(b, nil, func(gone []Victim) {
		if len(gone) > 0 {
			t.Errorf("%d records were evicted", len(gone))
		}
	}); !ok {
		t.Fatal("the batch was not put back")
	}
	checkInvariants(t, r.Queue)
}

// TestRequeueOverBytes checks which records each policy evicts if the queue has filled in
// bytes meanwhile.
func TestRequeueOverBytes(t *testing.T) {
	for _, tc := range []struct {
		policy         Policy
		gone           []int
		records, bytes int
	}{
		{DropNewest, []int{6, 5, 4, 3}, 3, 90},
		{Block, []int{6, 5, 4, 3}, 3, 90},
		{DropOldest, []int{0, 1, 2}, 4, 100}, // all records that were put back
		{DropLowest, []int{0, 1, 3}, 4, 100},
	} {
		r := newRigOf(t, Config{Capacity: 20, BatchSize: 3, Policy: tc.policy, MaxBytes: 100})
		for n, level := range []uint8{5, 5, 9} {
			r.offerSizedLevel(t, n, level, 30, Accepted)
		}
		b := r.take(t)
		for n, level := range []uint8{5, 9, 9, 9} {
			r.offerSizedLevel(t, 3+n, level, []int{30, 30, 30, 10}[n], Accepted)
		}
		var gone []int
		r.consumer.Requeue(b, nil, func(all []Victim) {
			for i := range all {
				gone = append(gone, numberOf(all[i].Record))
			}
		})
		checkInvariants(t, r.Queue)
		wantNumbers(t, "evicted", gone, tc.gone...)
		r.wantBytes(t, tc.records, tc.bytes)
	}
}

// TestRemoveReturnsBytes checks that Remove returns bytes, also those of batches that were
// put back.
func TestRemoveReturnsBytes(t *testing.T) {
	r := newSizedRig(t, DropNewest, 100)
	for n := range 6 {
		r.offerSized(t, n, 10, Accepted)
	}
	r.requeueAll(t, r.take(t))
	r.Close()
	for _, b := range r.Remove() {
		r.Discard(b, nil, func() {})
	}
	r.wantBytes(t, 0, 0)
	if used := r.bytes.used.Load(); used != 0 || r.bytes.reserved != 0 {
		t.Errorf("%d bytes used, %d reserved, in an empty queue", used, r.bytes.reserved)
	}
}

// TestRequeuedBytesInAClosedQueue checks that batches which come back on top of a full
// queue, as they may when it is closed, count as in flight.
func TestRequeuedBytesInAClosedQueue(t *testing.T) {
	r := newSizedRig(t, DropNewest, 100)
	for n := range 4 {
		r.offerSized(t, n, 25, Accepted)
	}
	b := r.consumer.Take()
	for n := range 4 {
		r.offerSized(t, 4+n, 25, Accepted)
	}
	r.Close()
	if _, ok := r.consumer.Requeue(b, nil, func([]Victim) {}); !ok {
		t.Fatal("not requeued")
	}
	r.wantBytes(t, 8, 100)
}
