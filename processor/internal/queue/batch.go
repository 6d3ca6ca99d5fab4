package queue

import (
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// MaxBatchSize is the largest number of records a batch can hold. A batch is allocated
// whole, and 65,536 records take 37 MiB.
const MaxBatchSize = 1 << 16

// Batch is a run of records that leave the queue together.
type Batch struct {
	// word is limit<<32 | claimed. A producer adds one. The claimed count before the
	// addition is its slot if that count is below the limit which the same addition
	// returned. Failed claims overshoot the limit; the overshoot is removed when the limit
	// is raised, under the queue's mutex. A limit of 0 means that the batch is not open.
	word atomic.Uint64
	_    [56]byte // producers on all cores write to word: nothing else shares its cache line

	slots slots

	// Guarded by the queue's mutex until the batch is taken, then owned by the consumer.
	claimed  int       // slots that were claimed; valid once sealed
	done     int       // how many of those, from the start, are settled; 0 unless taken
	holes    int       // how many of those were evicted
	first    uint32    // all slots below are evicted, whatever their marks say
	opened   time.Time // when it became the tail, or was last found empty
	index    levelIndex
	flushes  []*Flush
	requeued bool // the batch was put back at least once
	stale    int  // how many slots, from the start, may still hold records of an earlier use

	// Retry is the retry state of the batch. The queue keeps it while the batch is put
	// back. It belongs to the consumer that holds the batch.
	Retry RetryState
}

// RetryState is the retry state of a batch. Consumers write it.
type RetryState struct {
	Attempts        int       // failed exports
	UnknownFailures int       // how many of those failed for an unknown reason
	FirstFailure    time.Time // time of the first failed export
	Cause           uint8     // reason of the last failed export
}

func (q *Queue) newBatch() *Batch { return &Batch{slots: newSlots(q.size, q.bytes != nil)} }

func pack(limit, claimed uint32) uint64 { return uint64(limit)<<32 | uint64(claimed) }

// handedOut returns how many slots are claimed, without the overshoot.
func handedOut(word uint64) uint32 {
	limit, claimed := uint32(word>>32), uint32(word)
	return min(claimed, limit)
}

// claims returns how many slots of an open batch are claimed.
func (b *Batch) claims() int {
	return int(handedOut(b.word.Load()))
}

// put writes a record into a slot that was claimed for it, and commits the slot.
func (b *Batch) put(slot uint32, n *newcomer) {
	if n.hasBytes {
		b.slots.setSize(slot, n.size)
	}
	b.slots.put(slot, n.rec, n.level)
}

// seal ends claiming for good and stores how many slots were claimed.
func (b *Batch) seal() {
	b.claimed = int(handedOut(b.word.Swap(0)))
}

// live returns how many records a sealed batch holds.
func (b *Batch) live() int { return b.claimed - b.holes }

// makeReadable prepares a taken batch for reading: it waits for the last producers to
// commit and closes the holes.
func (b *Batch) makeReadable(commit chan struct{}) {
	b.slots.awaitCommits(b.claimed, commit)
	if b.holes > 0 {
		b.claimed = b.slots.compact(b.first, b.claimed)
		b.holes, b.first = 0, 0
	}
}

// Records returns the records of a taken batch that are not settled yet, oldest first. They
// are valid until the batch is settled and must not be changed.
func (b *Batch) Records() []sdklog.Record { return b.slots.records[b.done:b.claimed] }

// compactSettled removes the records that are already settled and empties their slots.
func (b *Batch) compactSettled() {
	if b.done > 0 {
		b.claimed = b.slots.compact(uint32(b.done), b.claimed)
		b.done = 0
	}
}

// reset prepares a batch for its next use and empties its slots.
func (b *Batch) reset() {
	b.stale = max(b.stale, b.claimed)
	b.wipe()
	b.recycle()
}

// wipe empties the slots that may hold records of an earlier use.
func (b *Batch) wipe() {
	b.slots.wipe(b.stale)
	b.stale = 0
}

// recycle prepares a batch for its next use without emptying its slots. Emptying takes
// longer than everything else, so it is left to wipe, or to the records that overwrite the
// slots.
func (b *Batch) recycle() {
	b.stale = max(b.stale, b.claimed)
	b.slots.unmark()
	b.claimed, b.done, b.holes, b.first = 0, 0, 0, 0
	b.opened = time.Time{}
	b.index = levelIndex{}
	b.flushes = nil
	b.requeued = false
	b.Retry = RetryState{}
}
