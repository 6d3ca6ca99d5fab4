package queue

import (
	"sync/atomic"
	"testing"
	"time"
)

// TestMarks checks that every slot has a mark of its own, and that the marks of neighbours
// lie in different cache lines if there is more than one line.
func TestMarks(t *testing.T) {
	sizes := []int{512, 1000, 4096, 4097, MaxBatchSize - 1}
	for size := 1; size <= 130; size++ {
		sizes = append(sizes, size)
	}
	for _, size := range sizes {
		s := newSlots(size, false)
		index := make(map[*atomic.Uint32]int, len(s.marks))
		for i := range s.marks {
			index[&s.marks[i]] = i
		}
		seen := make(map[int]uint32)
		for i := range uint32(size) {
			at := index[s.mark(i)]
			if other, ok := seen[at]; ok {
				t.Fatalf("size %d: slots %d and %d share a mark", size, other, i)
			}
			seen[at] = i
			if i > 0 && size > marksPerLine && at/marksPerLine == index[s.mark(i-1)]/marksPerLine {
				t.Fatalf("size %d: the marks of slots %d and %d share a cache line", size, i-1, i)
			}
		}
		if len(s.marks) > 2*size+2*marksPerLine {
			t.Errorf("size %d: %d marks", size, len(s.marks))
		}
	}
}

func TestCompact(t *testing.T) {
	const size = 6
	for evicted := range 1 << size {
		s := newSlots(size, false)
		var want []int
		for i := range uint32(size) {
			rec := record(int(i), uint8(i))
			s.put(i, &rec, uint8(i))
		}
		for i := range uint32(size) {
			if evicted&(1<<i) != 0 {
				s.evict(i)
			} else {
				want = append(want, int(i))
			}
		}
		n := s.compact(0, size)
		wantNumbers(t, "left", numbersOf(s.records[:n]), want...)
		for i := range uint32(size) {
			level, ok := s.level(i)
			switch {
			case int(i) < n && (!ok || int(level) != want[i]):
				t.Errorf("slot %d has level %d, %t, want %d", i, level, ok, want[i])
			case int(i) >= n && (s.committed(i) || !isZero(&s.records[i])):
				t.Errorf("slot %d of %d is not empty", i, n)
			}
		}
	}
}

// TestAwaitCommits checks that Take waits for the last producer to commit, also for a slow
// one.
func TestAwaitCommits(t *testing.T) {
	r := newRig(t, DropNewest, 4, 4)
	slow := []preempted{r.preempt(t), r.preempt(t), r.preempt(t), r.preempt(t)}
	go func() {
		for _, n := range []int{3, 0, 2, 1} {
			time.Sleep(5 * time.Millisecond)
			slow[n].commit(n, 9)
		}
	}()
	b := r.take(t)
	wantNumbers(t, "batch", numbersOf(b.Records()), 0, 1, 2, 3)
	r.consumer.Settle(b, nil, func() {})
}

// TestLevels checks that every level can be stored and read again, and differs from an
// empty slot and from a hole.
func TestLevels(t *testing.T) {
	s := newSlots(1, false)
	for level := range 256 {
		rec := record(0, 9)
		s.put(0, &rec, uint8(level))
		if got, ok := s.level(0); !ok || int(got) != level {
			t.Errorf("level %d came back as %d, %t", level, got, ok)
		}
	}
	s.evict(0)
	if _, ok := s.level(0); ok || !s.committed(0) {
		t.Error("a hole has a level, or is not committed")
	}
	s.wipe(1)
	s.unmark()
	if _, ok := s.level(0); ok || s.committed(0) {
		t.Error("an empty slot has a level, or is committed")
	}
}
