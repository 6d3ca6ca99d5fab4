package queue

import (
	"container/list"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Policy is what happens to a new record when the queue is full.
type Policy uint8

// The overflow policies.
const (
	DropNewest Policy = iota // the new record is refused
	DropOldest               // the oldest record is evicted
	DropLowest               // the oldest of the lowest records below the new record's level is evicted
	Block                    // the producer waits for capacity, at most MaxWait
)

// Verdict is the result of offering a record.
type Verdict uint8

// The verdicts.
const (
	Accepted Verdict = iota
	Full
	Closed
	TooLarge // the record has more bytes than the queue may hold
)

// Config configures a queue.
type Config struct {
	Capacity  int // maximum number of queued records; at least 1
	MaxBytes  int // maximum number of queued bytes, for OfferSized; 0: no bound
	BatchSize int // maximum number of records in a batch; 1 … min(Capacity, MaxBatchSize)
	Policy    Policy
	MaxWait   time.Duration // Block only

	// High and Low are the marks of UnderPressure, in records: it becomes true at High and false
	// again at Low. High is 1 … Capacity, or 0: UnderPressure is not needed. Low is less than
	// High. In a queue that is bounded by bytes, HighBytes and LowBytes are the marks in
	// bytes: reaching either high mark makes UnderPressure true, and both counts must be down to
	// their low marks to make it false.
	High, Low           int
	HighBytes, LowBytes int

	// KeepLevel is the lowest level at which Displaced gets a copy of an evicted record.
	// Below it, Displaced gets only the level.
	KeepLevel uint8
	// Displaced is called for each record that was evicted in favour of a new one, on the
	// goroutine that offered the new one, outside the mutex. The record is only valid
	// during the call.
	Displaced func(Victim)
	// Overwritten is called for n records that were evicted in favour of new ones together. They
	// are below KeepLevel and share the Victim's fields; its Record is nil. It is called
	// under the mutex, so that no snapshot sees the queue in between. If it is nil, no
	// records are evicted together, and Displaced is called for each.
	Overwritten func(v Victim, n int)
}

// Queue is a bounded queue of batches. Its methods are safe for concurrent use.
type Queue struct {
	// open is the batch in which producers may claim slots: nil when the queue is full or
	// closed. Written under mu.
	open   atomic.Pointer[Batch]
	closed atomic.Bool
	// due is set when the tail has records and is to be handed out although it is not full.
	// It is written under mu, and cleared before the next tail takes records: a producer
	// that finds it set need not expedite its record.
	due atomic.Bool
	// pressed is set when the queue has reached its high mark and has not come down to the
	// low one since. Written under mu.
	pressed atomic.Bool

	capacity, size int
	policy         Policy
	maxWait        time.Duration
	high, low      int        // marks of pressed; high 0: no marks
	bytes          *byteBound // nil: no bound
	keepLevel      uint8
	displaced      func(Victim)
	overwritten    func(v Victim, n int)

	spare   chan struct{} // signals that Prepare should be called
	drained chan struct{} // closed when no consumer will get another batch

	mu        sync.Mutex
	ready     []*Batch        // full batches, oldest first
	tail      *Batch          // the batch that takes records; nil when ready fills the capacity, or closed
	overwrite overwriteWindow // of the oldest records by new ones; see lock
	readyLive int             // records in ready
	inFlight  int             // records in taken batches
	reserved  int             // how many of those have their capacity kept for their return
	removed   bool            // Remove was called: no batch can be put back
	admitted  uint64          // claimed slots in sealed batches
	levels    levelCounts
	sizes     levelCounts // bytes by level, where they are bounded
	unindexed int         // ready batches whose index is incomplete
	waiters   list.List   // of *waiter; while there are any, nothing is open
	mayWait   func() bool // asked before a producer waits; nil: every producer may
	// idle is a stack: the last consumer to become idle is the first to be woken. One that
	// has WakeLast set goes to the bottom, where such consumers take turns. Consumers become
	// idle only when there is nothing to take, and one is woken for each batch that becomes
	// ready or due, so no batch waits while a consumer sleeps.
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
		overwritten: cfg.Overwritten,
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
	hasBytes bool // its bytes are taken
}

// Offer hands a record to the queue, which copies it. The level, 0 … MaxLevel, ranks the
// record under DropLowest. Offer blocks only under Block. A queue that is bounded by bytes
// needs OfferSized.
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

// advance opens the next batch after the last slot of b was claimed. Another producer may
// already have done so.
func (q *Queue) advance(b *Batch) {
	q.mu.Lock()
	if q.tail == b && !q.overwritingLocked() {
		q.reopenLocked()
	}
	q.mu.Unlock()
}

// offerSlow is Offer for the case that the open batch has no slot left.
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
			q.openLocked() // reopenLocked follows, once it is known who gets those bytes
			return q.displaceSizedUnlock(n)
		}
		if q.policy == DropLowest {
			q.refreshOpenLocked() // under DropOldest, displaceUnlock decides when
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

// refuse returns the reason why there is no slot.
func (q *Queue) refuse() Verdict {
	if q.closed.Load() {
		return Closed
	}
	return Full
}

// refreshOpenLocked closes the open batch if it is full and the producer of its last slot
// has not done so yet, and hands returned bytes to waiters.
func (q *Queue) refreshOpenLocked() {
	if q.open.Load() != nil || q.bytes != nil {
		q.reopenLocked()
	}
}

// Close ends admission: later records are refused, waiting producers return, and consumers
// get the remaining batches.
func (q *Queue) Close() {
	q.lock()
	defer q.mu.Unlock()
	if q.closed.Load() {
		return
	}
	if q.tail != nil {
		q.pushTailLocked()
	}
	q.closed.Store(true) // before open: a producer that finds nil reads the reason
	q.closeOpenLocked()
	q.free = nil
	q.releaseWaitersLocked()
	for len(q.idle) > 0 {
		q.wakeLocked()
	}
	q.signalDrainedLocked()
}

// Closed reports whether the queue was closed.
func (q *Queue) Closed() bool { return q.closed.Load() }

// Drained returns a channel that is closed when no consumer will get another batch: the
// queue is closed, no batch is ready, and no consumer holds one that may be put back.
func (q *Queue) Drained() <-chan struct{} { return q.drained }

// exhaustedLocked reports whether no batch can come any more.
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

// Due reports whether the open batch is about to be handed out: a record that was accepted
// before need not be expedited.
func (q *Queue) Due() bool { return q.due.Load() }

// Expedite hands out the open batch now, although it is not full. It wakes a consumer and
// does not wait.
func (q *Queue) Expedite() {
	// Many callers share one flag: until a consumer has taken the batch, another call costs
	// one load.
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

// Tick expedites the open batch if its oldest record may have waited for the interval,
// frees unused memory, and returns the time until the next call is needed.
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
		next = min(next, trimInterval) // there may be memory to free
	}
	return next
}

// Remove removes every batch that no consumer holds from a closed queue. The caller settles
// them with Discard. After that no batch can be put back.
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
	Queued   int    // how many of those wait
	InFlight int    // how many of those are taken and not settled
	Reserved int    // how many of the latter have their capacity kept for their return

	// QueuedBytes is the size of the waiting records, where bytes are bounded. A batch that
	// is being taken counts until its last record is committed.
	QueuedBytes int
}

// Snapshot calls read under the mutex with the queue's counts, so that the records that
// Settle accounts for are in the counts or in the ledger, never in both or neither.
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
		// Batches were put back into a closed queue: they are about to have their last
		// attempt, and no producer waits for their capacity.
		c.Queued, c.InFlight = q.capacity, c.InFlight+over
	}
	if q.bytes != nil {
		// The bytes of such batches are in flight, too.
		c.QueuedBytes = min(int(q.bytes.used.Load())-q.bytes.reserved, int(q.bytes.max))
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

// MaxBytes returns how many bytes can be queued; 0 if they are not bounded.
func (q *Queue) MaxBytes() int {
	if q.bytes == nil {
		return 0
	}
	return int(q.bytes.max)
}

// BatchSize returns how many records a batch can hold.
func (q *Queue) BatchSize() int { return q.size }
