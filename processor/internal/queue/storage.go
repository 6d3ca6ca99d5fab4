package queue

import (
	"math/bits"
	"runtime"
	"sync/atomic"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// A mark is the state of a slot. Any other value is a committed record's level plus one.
const (
	markEmpty   uint32 = 0
	markEvicted uint32 = 1<<32 - 1
	markAwaited uint32 = 1<<32 - 2 // empty, and the consumer waits for the commit
)

// inlineAttributes is how many attributes a [sdklog.Record] stores in itself. A record with
// no more than these shares no mutable state with a shallow copy of itself, so one copy is
// enough. TestRecordLayout fails when an SDK release changes that.
const inlineAttributes = 5

// marksPerLine is how many marks share a cache line of 64 bytes.
const marksPerLine = 16

// slots is the storage of a batch: records, and for each a mark that holds whether it has
// been written. No other code depends on how a batch stores its records.
//
// Invariants:
//   - A slot is written only by the producer that claimed it, and only before that producer
//     stores the slot's mark. The store of the mark releases the record to any goroutine
//     that loads the mark.
//   - Once marked, a slot is changed only by the queue under its mutex (eviction, merge) or
//     by the consumer that has taken the batch.
//   - The marks of neighbouring slots lie in different cache lines, so producers that hold
//     neighbouring slots do not write to the same line.
type slots struct {
	records []sdklog.Record
	marks   []atomic.Uint32

	lineMask  uint32 // number of mark lines - 1; a power of two - 1
	lineShift uint32 // log2 of the number of mark lines

	commit chan struct{} // signalled when an awaited slot is committed; set before one is marked as awaited
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

// put writes the record into slot i, which the caller has claimed, and commits the slot.
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

// setSize sets the size of the record that the caller will put into slot i, which it has
// claimed.
func (s *slots) setSize(i uint32, size int) { s.sizes[i] = size }

// size returns the size of the record in slot i, which is committed.
func (s *slots) size(i uint32) int {
	if s.sizes == nil {
		return 0
	}
	return s.sizes[i]
}

// sumSizes returns the size of the records in slots from … to-1, which are committed and
// without holes.
func (s *slots) sumSizes(from, to int) (sum int) {
	if s.sizes == nil {
		return 0
	}
	for _, size := range s.sizes[from:to] {
		sum += size
	}
	return sum
}

// level returns the level of the record in slot i. ok is false if the slot holds no record:
// it is not committed yet, or was evicted.
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

// evict makes slot i a hole. The record itself is cleared with the batch, which may be much
// later; so where bytes are bounded it is cleared at once. Nobody reads it meanwhile: it is
// committed, and the caller holds the mutex of the queue that no consumer has taken it from.
func (s *slots) evict(i uint32) {
	if s.sizes != nil {
		s.records[i] = sdklog.Record{}
	}
	s.mark(i).Store(markEvicted)
}

// awaitCommits returns when the first n slots are all committed. A claimed slot is
// committed after one copy by a running goroutine, so there is almost never anything to
// wait for. A producer that was preempted in between signals its commit on the channel,
// whose capacity is 1: that is faster than polling, and leaves the CPU to the producer.
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

// compact closes the holes that evictions left in the first n slots; slots below first
// count as holes too. It keeps the order and returns how many records remain. All n slots
// are committed.
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

// appendFrom moves the first n records of src, which are committed and without holes,
// behind the first at records of s.
func (s *slots) appendFrom(at int, src *slots, n int) {
	copy(s.records[at:at+n], src.records[:n])
	if s.sizes != nil {
		copy(s.sizes[at:at+n], src.sizes[:n])
	}
	for i := range uint32(n) {
		s.mark(uint32(at) + i).Store(src.mark(i).Load())
	}
}

// wipe empties the first n slots, so that they keep nothing alive that the records refer
// to.
func (s *slots) wipe(n int) { clear(s.records[:n]) }

// unmark makes every slot claimable again. No code reads the marks of a batch that is
// neither ready nor the tail nor taken, so they need not be stored atomically one by one.
func (s *slots) unmark() { clear(s.marks) }

// touch writes to every page of the slots, so that the caller pays for the page faults of
// fresh memory, and not the first producers.
func (s *slots) touch() { clear(s.records) }
