package queue

import (
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// MaxBatchSize is the largest number of records a batch can hold. Batches are
// allocated whole, and 65,536 records are 37 MiB.
const MaxBatchSize = 1 << 16

// Batch is a run of records that leave the queue together.
type Batch struct {
	// word is limit<<32 | claimed. A producer adds one and owns the slot with
	// the claimed count it found, if that is below the limit which the same
	// addition returned. Failed claims overshoot; whoever raises the limit,
	// under the queue's mutex, takes the overshoot out again. A limit of 0
	// means that the batch is not open.
	word atomic.Uint64
	_    [56]byte // producers on all cores hammer word: nothing shares its line

	slots slots

	// Guarded by the queue's mutex until the batch is taken, then owned by the
	// consumer.
	claimed  int       // slots handed out; valid once sealed
	done     int       // of those, the first so many are settled already; 0 unless taken
	holes    int       // of those, how many were evicted
	first    uint32    // every slot below is evicted, whatever its mark says
	opened   time.Time // when it became the tail, or was last seen empty
	index    levelIndex
	flushes  []*Flush
	requeued bool // it was put back at least once
	stale    int  // of an earlier life, the first so many slots may still hold records

	// Trail is the consumers' own account of what has become of the batch so
	// far. It stays with the batch when it is put back. It belongs to the
	// consumer that holds the batch.
	Trail Trail
}

// Trail is what a batch has been through in the hands of consumers.
type Trail struct {
	Attempts int       // exports that failed
	Unclear  int       // of those, for a reason that nobody knows
	Failed   time.Time // when the first of them did
	Cause    uint8     // what the last of them is counted as
}

func (q *Queue) newBatch() *Batch { return &Batch{slots: newSlots(q.size, q.bytes != nil)} }

func pack(limit, claimed uint32) uint64 { return uint64(limit)<<32 | uint64(claimed) }

// handedOut returns how many slots are claimed, without the overshoot.
func handedOut(word uint64) uint32 {
	limit, claimed := uint32(word>>32), uint32(word)
	return min(claimed, limit)
}

// claims returns how many slots of an open batch are handed out.
func (b *Batch) claims() int {
	return int(handedOut(b.word.Load()))
}

// put writes a record into a slot that was claimed for it, and commits it.
func (b *Batch) put(slot uint32, n *newcomer) {
	if n.hasBytes {
		b.slots.setSize(slot, n.size)
	}
	b.slots.put(slot, n.rec, n.level)
}

// seal ends claiming for good and notes how many slots were handed out.
func (b *Batch) seal() {
	b.claimed = int(handedOut(b.word.Swap(0)))
}

// live returns how many records a sealed batch holds.
func (b *Batch) live() int { return b.claimed - b.holes }

// makeReadable makes a taken batch ready to be read: it waits for the last
// producers to commit and closes the holes.
func (b *Batch) makeReadable(commit chan struct{}) {
	b.slots.awaitCommits(b.claimed, commit)
	if b.holes > 0 {
		b.claimed = b.slots.compact(b.first, b.claimed)
		b.holes, b.first = 0, 0
	}
}

// Records returns the records of a taken batch that are not settled yet, oldest
// first. They are valid until the batch is settled and must not be changed.
func (b *Batch) Records() []sdklog.Record { return b.slots.records[b.done:b.claimed] }

// forget empties the slots of the records that are settled already.
func (b *Batch) compactSettled() {
	if b.done > 0 {
		b.claimed = b.slots.compact(uint32(b.done), b.claimed)
		b.done = 0
	}
}

// reset makes a batch ready for another life, with empty slots.
func (b *Batch) reset() {
	b.stale = max(b.stale, b.claimed)
	b.wipe()
	b.recycle()
}

// wipe empties the slots of what they hold from an earlier life.
func (b *Batch) wipe() {
	b.slots.wipe(b.stale)
	b.stale = 0
}

// recycle makes a batch ready for another life without emptying its slots, which takes
// longer than all else: that is left to the records that come, or to wipe.
func (b *Batch) recycle() {
	b.stale = max(b.stale, b.claimed)
	b.slots.unmark()
	b.claimed, b.done, b.holes, b.first = 0, 0, 0, 0
	b.opened = time.Time{}
	b.index = levelIndex{}
	b.flushes = nil
	b.requeued = false
	b.Trail = Trail{}
}
