package queue

import (
	"math/bits"
	"runtime"
	"sync/atomic"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Marks say what a slot holds. Any other value is a committed record's
// level plus one.
const (
	markEmpty   uint32 = 0
	markEvicted uint32 = 1<<32 - 1
	markAwaited uint32 = 1<<32 - 2 // empty, and the consumer waits for it
)

// inlineAttributes is how many attributes a [sdklog.Record] stores inside
// itself. A record with no more than these shares no mutable state with a
// shallow copy of it, so one copy is enough; TestRecordLayout fails when an
// SDK release changes that.
const inlineAttributes = 5

// marksPerLine is how many marks share a cache line of 64 bytes.
const marksPerLine = 16

// slots is what a batch is made of: records, and for each a mark that says
// whether it has been written. It is the only place that knows how a batch
// stores its records.
//
// Invariants:
//   - A slot is written by one producer only, the one that claimed it, and only
//     before it stores the slot's mark. The mark's store releases the record to
//     whoever loads the mark.
//   - Once marked, a slot is changed only by the queue under its mutex
//     (eviction, merge) or by the consumer that has taken the batch.
//   - Marks of neighbouring slots lie in different cache lines, so producers
//     that hold neighbouring slots do not write to the same line.
type slots struct {
	records []sdklog.Record
	marks   []atomic.Uint32

	lineMask  uint32 // number of mark lines - 1; a power of two - 1
	lineShift uint32 // log2 of the number of mark lines

	commit chan struct{} // where to tell of an awaited slot; set before one is marked so
	sizes  []int         // of the records, in bytes; nil where these are not bounded
}

func newSlots(size int, sized bool) slots {
	lines := uint32(1)
	if need := (size + marksPerLine - 1) / marksPerLine; need > 1 {
		lines = 1 << bits.Len32(uint32(need-1))
	}
	var sizes []int
	if sized {
		sizes = make([]int, size)
	}
	return slots{
		sizes:     sizes,
		records:   make([]sdklog.Record, size),
		marks:     make([]atomic.Uint32, lines*marksPerLine),
		lineMask:  lines - 1,
		lineShift: uint32(bits.TrailingZeros32(lines)),
	}
}

func (s *slots) mark(i uint32) *atomic.Uint32 {
	return &s.marks[(i&s.lineMask)*marksPerLine+i>>s.lineShift]
}

// put writes the record into slot i, which the caller has claimed, and commits
// it.
func (s *slots) put(i uint32, r *sdklog.Record, level uint8) {
	if r.AttributesLen() <= inlineAttributes {
		s.records[i] = *r
	} else {
		s.records[i] = r.Clone()
	}
	if s.mark(i).Swap(uint32(level)+1) == markAwaited {
		s.commit <- struct{}{}
	}
}

// setSize notes the size of the record that is to be put into slot i, which the
// caller has claimed.
func (s *slots) setSize(i uint32, size int) { s.sizes[i] = size }

// size returns the size of the record in slot i, which is committed.
func (s *slots) size(i uint32) int {
	if s.sizes == nil {
		return 0
	}
	return s.sizes[i]
}

// sumSizes returns the size of the records in slots from … to-1, which are committed
// and without holes.
func (s *slots) sumSizes(from, to int) (sum int) {
	if s.sizes == nil {
		return 0
	}
	for _, size := range s.sizes[from:to] {
		sum += size
	}
	return sum
}

// level returns the level of the record in slot i; ok is false when the slot
// holds none, because it is not committed yet or has been evicted.
func (s *slots) level(i uint32) (level uint8, ok bool) {
	m := s.mark(i).Load()
	if m == markEmpty || m == markAwaited || m == markEvicted {
		return 0, false
	}
	return uint8(m - 1), true
}

func (s *slots) committed(i uint32) bool {
	m := s.mark(i).Load()
	return m != markEmpty && m != markAwaited
}

func (s *slots) evicted(i uint32) bool { return s.mark(i).Load() == markEvicted }

// evict makes slot i a hole. Its record is cleared with the batch.
func (s *slots) evict(i uint32) { s.mark(i).Store(markEvicted) }

// awaitCommits returns when the first n slots are all committed. A claimed slot
// is committed after one copy by a running goroutine, so there is almost never
// anything to wait for. A producer that was preempted in between tells the one who
// waits, on commit, which has a capacity of 1: that is faster than asking again and
// again, and leaves the processor to the producer.
func (s *slots) awaitCommits(n int, commit chan struct{}) {
	const yields = 16
	s.commit = commit
	for i := range uint32(n) {
		for tries := 0; !s.committed(i); tries++ {
			if tries < yields {
				runtime.Gosched()
			} else if s.mark(i).CompareAndSwap(markEmpty, markAwaited) {
				<-s.commit
			}
		}
	}
}

// compact closes the holes that evictions left in the first n slots, and takes those
// below first for holes, too. It keeps the order and returns how many records
// remain. All n slots are committed.
func (s *slots) compact(first uint32, n int) int {
	to := uint32(0)
	for from := first; from < uint32(n); from++ {
		level, ok := s.level(from)
		if !ok {
			continue
		}
		if to != from {
			s.records[to] = s.records[from]
			s.mark(to).Store(uint32(level) + 1)
			if s.sizes != nil {
				s.sizes[to] = s.sizes[from]
			}
		}
		to++
	}
	for i := to; i < uint32(n); i++ {
		s.records[i] = sdklog.Record{}
		s.mark(i).Store(markEmpty)
	}
	return int(to)
}

// appendFrom moves the first n records of src, which are committed and without
// holes, behind the first at records of s.
func (s *slots) appendFrom(at int, src *slots, n int) {
	copy(s.records[at:at+n], src.records[:n])
	if s.sizes != nil {
		copy(s.sizes[at:at+n], src.sizes[:n])
	}
	for i := range uint32(n) {
		s.mark(uint32(at) + i).Store(src.mark(i).Load())
	}
}

// wipe empties the first n slots, so that nothing the records refer to is kept
// alive.
func (s *slots) wipe(n int) { clear(s.records[:n]) }

// unmark makes every slot one that can be claimed anew. Nobody looks at the marks of a
// batch that is neither ready nor the tail nor taken, so they need not be stored one by
// one.
func (s *slots) unmark() { clear(s.marks) }

// touch writes to every page of the slots, so that the page faults of fresh
// memory are paid by the caller and not by the first producers.
func (s *slots) touch() { clear(s.records) }
