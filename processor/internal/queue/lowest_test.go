package queue

import (
	"errors"
	"testing"
)

// offerLevels offers records with the numbers from … on, which are all accepted.
func (r *rig) offerLevels(t *testing.T, from int, levels ...uint8) {
	t.Helper()
	for i, level := range levels {
		r.offerLevel(t, from+i, level, Accepted)
		checkInvariants(t, r.Queue)
		checkSlots(t, r.Queue, false)
	}
}

func TestDropLowest(t *testing.T) {
	for _, tc := range []struct {
		name           string
		capacity, size int
		levels         []uint8 // of the records that fill the queue
		newcomer       uint8
		verdict        Verdict
		gone           int
		want           [][]int
	}{
		{"the lowest is evicted", 4, 2, []uint8{9, 1, 5, 9}, 17, Accepted, 1, [][]int{{0}, {2, 3}, {4}}},
		{"the oldest of the lowest is evicted", 4, 2, []uint8{9, 5, 5, 5}, 9, Accepted, 1, [][]int{{0}, {2, 3}, {4}}},
		{"the lowest is in a later batch", 6, 2, []uint8{9, 9, 9, 9, 1, 9}, 5, Accepted, 4, [][]int{{0, 1}, {2, 3}, {5}, {6}}},
		{"the lowest is in the open batch", 5, 4, []uint8{9, 9, 9, 9, 0}, 1, Accepted, 4, [][]int{{0, 1, 2, 3}, {5}}},
		{"the new record is refused among equals", 4, 2, []uint8{9, 9, 9, 9}, 9, Full, -1, [][]int{{0, 1}, {2, 3}}},
		{"the new record is the lowest", 4, 2, []uint8{9, 9, 5, 9}, 1, Full, -1, [][]int{{0, 1}, {2, 3}}},
		{"level 0 is evicted for level 1", 2, 1, []uint8{0, 0}, 1, Accepted, 0, [][]int{{1}, {2}}},
		{"level 0 is not evicted for level 0", 2, 1, []uint8{0, 0}, 0, Full, -1, [][]int{{0}, {1}}},
		{"the highest level is not evicted for itself", 2, 2, []uint8{MaxLevel, MaxLevel}, MaxLevel, Full, -1, [][]int{{0, 1}}},
		{"capacity of one record", 1, 1, []uint8{9}, 10, Accepted, 0, [][]int{{1}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t, DropLowest, tc.capacity, tc.size)
			r.offerLevels(t, 0, tc.levels...)
			r.wantDisplaced(t)
			r.offerLevel(t, len(tc.levels), tc.newcomer, tc.verdict)
			if tc.gone >= 0 {
				r.wantDisplaced(t, displacement{tc.levels[tc.gone], tc.gone})
			} else {
				r.wantDisplaced(t)
			}
			r.wantCounts(t, Counts{Admitted: uint64(len(tc.levels) + int(1-tc.verdict)), Queued: tc.capacity})
			wantBatches(t, r.takeAll(t), tc.want...)
		})
	}
}

// TestDropLowestKeepLevel checks that only the level is reported for a record below the
// keep level.
func TestDropLowestKeepLevel(t *testing.T) {
	r := newRigOf(t, Config{Capacity: 3, BatchSize: 3, Policy: DropLowest, KeepLevel: 10})
	r.offerLevels(t, 0, 9, 10, 11)
	r.offerLevels(t, 3, 24, 24, 24)
	r.wantDisplaced(t, displacement{9, -1}, displacement{10, 1}, displacement{11, 2})
}

// TestDropLowestLeavesTakenBatches checks that the records that a consumer holds are not
// evicted, even if they are the lowest.
func TestDropLowestLeavesTakenBatches(t *testing.T) {
	for _, policy := range []Policy{DropLowest, DropOldest} {
		r := newRig(t, policy, 4, 2)
		r.offer(t, 0, 2, Accepted) // level 9
		full := r.take(t)
		r.offer(t, 2, 3, Accepted)
		r.Expedite()
		second := r.NewConsumer()
		partial := second.Take()
		for n := 3; n < 7; n++ {
			r.offerLevel(t, n, 13, Accepted)
		}
		r.wantDisplaced(t)
		r.offerLevel(t, 7, 17, Accepted)
		r.wantDisplaced(t, displacement{13, 3})
		wantNumbers(t, "taken batch", numbersOf(full.Records()), 0, 1)
		wantNumbers(t, "taken open batch", numbersOf(partial.Records()), 2)
		r.wantCounts(t, Counts{Admitted: 8, Queued: 4, InFlight: 3})
		r.consumer.Settle(full, nil, func() {})
		second.Settle(partial, nil, func() {})
	}
}

// TestDropLowestMergesNeighbours checks that two batches that have lost enough records to
// fit into one become one, in order, and that flushes wait for it once.
func TestDropLowestMergesNeighbours(t *testing.T) {
	r := newRig(t, DropLowest, 8, 4)
	r.offerLevels(t, 0, 1, 9, 9, 1, 1, 9, 9, 1)
	f := r.BeginFlush()
	r.offerLevels(t, 8, 17, 17, 17, 17)
	r.wantDisplaced(t, displacement{1, 0}, displacement{1, 3}, displacement{1, 4}, displacement{1, 7})

	b := r.take(t)
	wantNumbers(t, "merged batch", numbersOf(b.Records()), 1, 2, 5, 6)
	if done(f) {
		t.Error("the flush is over before the merged batch is settled")
	}
	r.consumer.Settle(b, errors.New("refused"), func() {})
	if !done(f) {
		t.Fatal("the flush waits for more than the merged batch")
	}
	if got := f.Err(); got == nil || got.Error() != "refused" {
		t.Errorf("the flush ended with %q, want the error of the one batch", got)
	}
	wantBatches(t, r.takeAll(t), []int{8, 9, 10, 11})
}

// TestDropLowestMergesNewBatch checks that an open batch that lost records before it was
// full is merged with the batch before it if they fit into one. Otherwise an endless
// sequence of batches with few records could follow.
func TestDropLowestMergesNewBatch(t *testing.T) {
	r := newRig(t, DropLowest, 4, 2)
	r.offerLevels(t, 0, 0, 24, 24, 24) // {0 1} {2 3}
	r.offerLevels(t, 4, 1, 24)         // {_ 1} {2 3} {_ 5}
	b := r.take(t)
	wantNumbers(t, "first batch", numbersOf(b.Records()), 1)
	r.consumer.Settle(b, nil, func() {})
	r.offerLevels(t, 6, 0, 24) // {2 3} {_ 5} {_ 7}
	r.offerLevel(t, 8, 24, Full)
	wantBatches(t, r.takeAll(t), []int{2, 3}, []int{5, 7})
}

// TestDropLowestMergesCommittedBatch checks that a batch that could not be merged because
// one of its records was being copied is merged once that record is committed.
func TestDropLowestMergesCommittedBatch(t *testing.T) {
	r := newRig(t, DropLowest, 6, 2)
	r.offerLevels(t, 0, 24)
	slow := r.preempt(t)               // {0 ?}
	r.offerLevels(t, 2, 0, 24, 24, 24) // {0 ?} {2 3} {4 5}
	r.offerLevels(t, 6, 24)            // {0 ?} {_ 3} {4 5} {6
	slow.commit(1, 0)
	r.offerLevels(t, 7, 24) // {0 _} {_ 3} {4 5} {6 7}
	wantBatches(t, r.takeAll(t), []int{0, 3}, []int{4, 5}, []int{6, 7})
}

// TestDropLowestSlots wastes as many slots as holes can: every second batch keeps one
// record.
func TestDropLowestSlots(t *testing.T) {
	r := newRig(t, DropLowest, 11, 8)
	r.offerLevels(t, 0, 24, 0, 0, 0, 0, 0, 0, 0)
	r.offerLevels(t, 8, 24, 24, 24, 24, 24, 24, 24, 24)
	r.offerLevels(t, 16, 1, 2, 3, 4, 5, 6, 7, 24)
	r.offerLevels(t, 24, 8, 9, 10, 11, 12, 13, 14, 24)
	r.offerLevel(t, 32, 24, Full)
	checkSlots(t, r.Queue, false)
	wantBatches(t, r.takeAll(t), []int{0}, []int{8, 9, 10, 11, 12, 13, 14, 15}, []int{23, 31})
}

// TestDropLowestUncommitted checks that a record that is being copied is not evicted, nor
// are the records behind it, because its level is not known yet. The new record is refused
// instead.
func TestDropLowestUncommitted(t *testing.T) {
	r := newRig(t, DropLowest, 4, 2)
	slow := r.preempt(t)
	r.offerLevels(t, 1, 0) // {? 1}
	slower := r.preempt(t)
	r.offerLevels(t, 3, 0) // {? 1} {? 3}
	r.offerLevel(t, 4, 24, Full)

	slow.commit(0, 5)
	r.offerLevels(t, 5, 24)
	r.wantDisplaced(t, displacement{0, 1})
	r.offerLevels(t, 6, 24)
	r.wantDisplaced(t, displacement{5, 0})
	r.offerLevel(t, 7, 24, Full)

	slower.commit(2, 24)
	r.offerLevels(t, 8, 24)
	r.wantDisplaced(t, displacement{0, 3})
	r.offerLevel(t, 9, 24, Full)
	wantBatches(t, r.takeAll(t), []int{2}, []int{5, 6}, []int{8})
}
