package queue

import (
	"container/list"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Policy says what happens to a record for which there is no room.
type Policy uint8

// The overflow policies.
const (
	DropNewest Policy = iota // the newcomer is refused
	DropOldest               // the oldest record gives way
	DropLowest               // the oldest of the lowest records below the newcomer's level gives way
	Block                    // the newcomer waits for room, at most MaxWait
)

// Verdict says what became of an offered record.
type Verdict uint8

// The verdicts.
const (
	Accepted Verdict = iota
	Full
	Closed
	TooLarge // the record has more bytes than the queue may hold
)

// Config is what a queue is made from.
type Config struct {
	Capacity  int // most records queued; at least 1
	MaxBytes  int // most bytes queued, for OfferSized; 0: no bound
	BatchSize int // most records a batch; 1 … min(Capacity, MaxBatchSize)
	Policy    Policy
	MaxWait   time.Duration // Block only

	// High and Low are the marks between which Pressed changes, in records: it is
	// true from High on, and until the queue has come down to Low. High is 1 …
	// Capacity, or 0: nobody asks; Low is less. In a queue that is bounded by bytes
	// HighBytes and LowBytes are the same for those, and either may be reached.
	High, Low           int
	HighBytes, LowBytes int

	// KeepLevel is the level from which on a displaced record is kept for
	// Displaced; below, only its level is told.
	KeepLevel uint8
	// Displaced is told of each record that gave way to a newer one, on the
	// goroutine that offered that, outside the mutex. The record is only valid
	// during the call.
	Displaced func(Victim)
	// Traded is told of n records that gave way to newer ones all at once: below
	// KeepLevel, and alike in what the Victim says, which has no record. It is called
	// under the mutex, so that no snapshot falls between. nil: none do, and each
	// is told to Displaced.
	Traded func(v Victim, n int)
}

// Queue is a bounded queue of batches. Its methods are safe for concurrent use.
type Queue struct {
	// open is the batch in which producers may claim slots: nil when there is
	// no room or the queue is closed. Written under mu.
	open   atomic.Pointer[Batch]
	closed atomic.Bool
	// due says that the tail, which has records, is to be handed out although it
	// is not full. Written under mu, and cleared before the next tail takes records:
	// a producer that finds it set need not ask for its record to be handed out.
	due atomic.Bool
	// pressed says that the queue has reached its high mark, and has not come down
	// to the low one since. Written under mu.
	pressed atomic.Bool

	capacity, size int
	policy         Policy
	maxWait        time.Duration
	high, low      int        // marks of pressed; high 0: it is not watched
	bytes          *byteBound // nil: none
	keepLevel      uint8
	displaced      func(Victim)
	overwritten    func(v Victim, n int)

	spare   chan struct{} // asks for Prepare
	drained chan struct{} // closed when no consumer will get another batch

	mu        sync.Mutex
	ready     []*Batch        // full batches, oldest first
	tail      *Batch          // the batch that takes records; nil when ready fills the capacity, or closed
	overwrite overwriteWindow // of the oldest records for newcomers; see lock
	readyLive int             // records in ready
	inFlight  int             // records in taken batches
	reserved  int             // of those, records whose room is kept for their return
	removed   bool            // Remove was called: nothing is taken back
	admitted  uint64          // slots handed out in sealed batches
	levels    levelCounts
	sizes     levelCounts // bytes by level, where they are bounded
	unindexed int         // ready batches whose index is not complete
	waiters   list.List   // of *waiter; while there are any, there is no room
	// idle is a stack: the last to fall idle is the first to be woken, but those
	// that are reluctant go to the bottom, where they take turns. Consumers
	// fall idle only when there is nothing to take, and one is woken for each batch
	// that becomes ready or due, so no batch waits while a consumer sleeps.
	idle      []*Consumer
	consumers []*Consumer
	free      []*Batch
	leastFree int // fewest free batches since trimmed
	trimmed   time.Time
}

// New returns an empty queue.
func New(cfg Config) *Queue {
	q := &Queue{
		capacity:    cfg.Capacity,
		size:        min(cfg.BatchSize, cfg.Capacity, MaxBatchSize),
		policy:      cfg.Policy,
		maxWait:     cfg.MaxWait,
		high:        cfg.High,
		low:         cfg.Low,
		keepLevel:   cfg.KeepLevel,
		displaced:   cfg.Displaced,
		overwritten: cfg.Traded,
		spare:       make(chan struct{}, 1),
		drained:     make(chan struct{}),
		trimmed:     time.Now(),
	}
	if cfg.MaxBytes > 0 {
		q.bytes = newByteBound(cfg)
	}
	q.reopenLocked()
	return q
}

// newcomer is a record that is offered.
type newcomer struct {
	rec      *sdklog.Record
	level    uint8
	size     int  // in bytes; 0 where these are not bounded
	hasBytes bool // it has its bytes
}

// Offer hands a record to the queue, which copies it. The level, 0 … MaxLevel,
// ranks it under DropLowest. Offer blocks only under Block. A queue that is bounded by
// bytes is offered records with OfferSized.
func (q *Queue) Offer(r *sdklog.Record, level uint8) Verdict {
	if b := q.open.Load(); b != nil {
		word := b.word.Add(1)
		slot, limit := uint32(word)-1, uint32(word>>32)
		if slot < limit {
			b.slots.put(slot, r, level)
			if slot+1 == limit {
				q.advance(b)
			}
			return Accepted
		}
	}
	if q.policy == DropNewest && q.open.Load() == nil {
		return q.refuse()
	}
	return q.offerSlow(newcomer{rec: r, level: level})
}

// advance opens the next batch after the last slot of b was claimed. Another
// producer may have been faster.
func (q *Queue) advance(b *Batch) {
	q.mu.Lock()
	if q.tail == b && !q.overwritingLocked() {
		q.reopenLocked()
	}
	q.mu.Unlock()
}

// offerSlow is Offer when the open batch has no slot left.
func (q *Queue) offerSlow(n newcomer) Verdict {
	if q.policy == DropNewest && q.open.Load() == nil {
		q.returnBytes(&n)
		return q.refuse()
	}
	q.mu.Lock()
	if b, slot, ok := q.claimOverwriteLocked(); ok {
		q.mu.Unlock()
		b.put(slot, &n)
		return Accepted
	}
	q.endOverwriteLocked()
	if q.closed.Load() {
		q.returnBytes(&n)
		q.mu.Unlock()
		return Closed
	}
	if q.waiters.Len() == 0 && (q.bytes == nil || q.obtainBytes(&n)) {
		if b, slot, ok := q.claimSlotLocked(); ok {
			q.reopenLocked()
			q.mu.Unlock()
			b.put(slot, &n)
			return Accepted
		}
	}
	switch q.policy {
	case DropOldest, DropLowest:
		if q.bytes != nil {
			q.openLocked() // reopenLocked follows, when it is known whose bytes those are
			return q.displaceSizedUnlock(n)
		}
		if q.policy == DropLowest {
			q.refreshOpenLocked() // where the oldest give way, displaceUnlock says when
		}
		return q.displaceUnlock(n)
	case Block:
		q.returnBytes(&n)
		q.refreshOpenLocked()
		return q.waitUnlock(n)
	default:
		q.returnBytes(&n)
		q.refreshOpenLocked()
		q.mu.Unlock()
		return Full
	}
}

// refuse tells why there is no room.
func (q *Queue) refuse() Verdict {
	if q.closed.Load() {
		return Closed
	}
	return Full
}

// refreshOpenLocked lets go of an open batch that has no slot left, where the producer
// of the last one has not come to it yet, and gives bytes that were returned to
// those who wait for them.
func (q *Queue) refreshOpenLocked() {
	if q.open.Load() != nil || q.bytes != nil {
		q.reopenLocked()
	}
}

// Close ends admission: records offered from now on are refused, producers that
// wait for room are let go, and consumers get what is left.
func (q *Queue) Close() {
	q.lock()
	defer q.mu.Unlock()
	if q.closed.Load() {
		return
	}
	if q.tail != nil {
		q.pushTailLocked()
	}
	q.closed.Store(true) // before open: a producer that finds nil learns why
	q.closeOpenLocked()
	q.free = nil
	q.releaseWaitersLocked()
	for len(q.idle) > 0 {
		q.wakeLocked()
	}
	q.signalDrainedLocked()
}

// Closed tells whether the queue was closed.
func (q *Queue) Closed() bool { return q.closed.Load() }

// Drained is closed when no consumer will get another batch: the queue is closed,
// none is ready, and none is held that may be put back.
func (q *Queue) Drained() <-chan struct{} { return q.drained }

// exhaustedLocked tells whether no batch will come any more.
func (q *Queue) exhaustedLocked() bool {
	if !q.closed.Load() || len(q.ready) > 0 {
		return false
	}
	return q.removed || !slices.ContainsFunc(q.consumers, func(c *Consumer) bool { return c.holding != nil })
}

func (q *Queue) signalDrainedLocked() {
	if !q.exhaustedLocked() {
		return
	}
	select {
	case <-q.drained:
		return
	default:
		close(q.drained)
	}
	for len(q.idle) > 0 { // those that waited for a batch to be put back
		q.wakeLocked()
	}
}

// Due tells whether the open batch is about to be handed out: a record that was
// accepted before need not ask for it.
func (q *Queue) Due() bool { return q.due.Load() }

// Expedite has the open batch handed out now. It wakes a consumer and does not
// wait.
func (q *Queue) Expedite() {
	// One flag for many callers: until a consumer has taken the batch, asking
	// again costs one load.
	if q.Due() {
		return
	}
	q.lock()
	if q.tail != nil && q.tail.claims() > 0 {
		q.expediteLocked()
	}
	q.mu.Unlock()
}

func (q *Queue) expediteLocked() {
	q.due.Store(true)
	q.wakeLocked()
}

// wakeLocked wakes one idle consumer.
func (q *Queue) wakeLocked() {
	n := len(q.idle)
	if n == 0 {
		return
	}
	c := q.idle[n-1]
	q.idle[n-1] = nil
	q.idle = q.idle[:n-1]
	c.wake <- struct{}{} // an idle consumer's channel is empty
}

// Tick has the open batch handed out if its oldest record may have waited for
// the interval, gives unused memory back, and returns how long to wait until the
// next call.
func (q *Queue) Tick(now time.Time, interval time.Duration) time.Duration {
	q.lock()
	next := q.tickLocked(now, interval)
	free := len(q.free)
	q.mu.Unlock()
	q.wipe(free)
	return next
}

func (q *Queue) tickLocked(now time.Time, interval time.Duration) time.Duration {
	q.trimLocked(now)
	next := interval
	if t := q.tail; t != nil {
		if age := now.Sub(t.opened); t.claims() == 0 {
			t.opened = now
		} else if age < interval {
			next -= age
		} else {
			q.expediteLocked()
		}
	}
	if len(q.free) > 1 {
		next = min(next, trimInterval) // there may be memory to give back
	}
	return next
}

// Remove takes every batch out of a closed queue that no consumer holds, for one
// who settles them with Discard. From then on nothing can be put back.
func (q *Queue) Remove() []*Batch {
	q.lock()
	q.removed = true
	var removed []*Batch
	for len(q.ready) > 0 {
		b := q.removeReadyLocked(0)
		q.takenLocked(b)
		removed = append(removed, b)
	}
	q.signalDrainedLocked()
	q.mu.Unlock()
	commit := make(chan struct{}, 1)
	for _, b := range removed {
		b.makeReadable(commit)
		q.releaseBytes(b)
	}
	return removed
}

// Discard settles a batch that Remove returned.
func (q *Queue) Discard(b *Batch, err error, account func()) {
	(&Consumer{q: q}).Settle(b, err, account)
}

// Counts is a consistent view of what the queue holds.
type Counts struct {
	Admitted uint64 // records ever accepted
	Queued   int    // of those, waiting
	InFlight int    // of those, taken and not settled
	Reserved int    // of those, whose room is kept for their return

	// QueuedBytes is the size of the records that wait, where it is bounded. A
	// batch that is being taken counts until its last record is committed.
	QueuedBytes int
}

// Snapshot calls read under the mutex with the queue's counts, so that what
// Settle books is in the counts or in the ledger, never in both or neither.
func (q *Queue) Snapshot(read func(Counts)) {
	q.lock()
	defer q.mu.Unlock()
	c := Counts{Admitted: q.admitted, Queued: q.readyLive, InFlight: q.inFlight, Reserved: q.reserved}
	if q.tail != nil {
		n := q.tail.claims()
		c.Admitted += uint64(n)
		c.Queued += n - q.tail.holes
	}
	if over := c.Queued - q.capacity; over > 0 {
		// Batches that were put back into a closed queue: they are on their way to their
		// last attempt, and nobody waits for their room.
		c.Queued, c.InFlight = q.capacity, c.InFlight+over
	}
	if q.bytes != nil {
		c.QueuedBytes = int(q.bytes.used.Load()) - q.bytes.reserved
	}
	read(c)
}

// Len returns how many records are queued.
func (q *Queue) Len() int {
	var n int
	q.Snapshot(func(c Counts) { n = c.Queued })
	return n
}

// Capacity returns how many records can be queued.
func (q *Queue) Capacity() int { return q.capacity }

// MaxBytes returns how many bytes can be queued; 0 if that is not bounded.
func (q *Queue) MaxBytes() int {
	if q.bytes == nil {
		return 0
	}
	return int(q.bytes.max)
}

// BatchSize returns how many records a batch can hold.
func (q *Queue) BatchSize() int { return q.size }
