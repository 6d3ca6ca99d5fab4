package fallback

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

const (
	// StallTimeout is how long Drain and Finish wait for a writer that makes no
	// progress, if their context does not end before.
	StallTimeout = time.Second
	// LateStallTimeout is how long Finish waits for progress after its context has
	// ended. On a busy machine the goroutine may wait for a processor longer than the
	// writer takes.
	LateStallTimeout = 100 * time.Millisecond

	// minLimit is the smallest number of lost records that a queue can hold, and minBytes
	// of bytes. Even if all of them have the longest lines, about as many fit as the
	// number says.
	minLimit = 1024
	minBytes = minLimit * MaxLine
	// MaxUncounted is how many copies may be pending; with notices, twice as many
	// entries may be. They do not take the space of lost records. Their lines are short.
	MaxUncounted = 128
	// chunkSize is how many entries that come one by one share a chunk.
	chunkSize = 32
)

// Config is what a [Queue] is made from.
type Config struct {
	// Writer gets each line with one call of Write, never concurrently.
	Writer io.Writer
	// Limit is how many lost records can be pending, 1024 at least.
	Limit int
	// MaxBytes is how many bytes they may take in memory, 16 MiB at least. An entry takes
	// its fixed size and either a copy of the record or its line, whichever is smaller, so
	// there is no record too large for an empty queue.
	MaxBytes int
	// Completed is called once for each accepted entry, when it is written or given up,
	// with the queue's mutex held. It must not keep the entry.
	Completed func(e *Entry, written bool)
	// Report gets the errors of the writer. It must not block.
	Report func(error)
}

// Queue is a bounded queue of entries. One goroutine, started on demand, writes them. A
// writer that blocks holds that goroutine and no other. Its methods are safe for
// concurrent use; those of a nil Queue take nothing and wait for nothing.
//
// Invariants:
//   - accepted - completed entries are pending: those in chunks from head on, of which
//     the first may be being written. uncounted of them are copies and notices. The others
//     are at most Limit, and take bytes of memory, at most MaxBytes.
//   - Each accepted entry is completed once.
//   - running is true exactly while the goroutine exists, or is about to be restarted;
//     it alone calls the writer.
type Queue struct {
	cfg Config
	out output // used by the goroutine that writes

	mu        sync.Mutex
	chunks    [][]Entry // first in, first out
	head      int       // the first pending entry of the first chunk
	accepted  uint64
	completed uint64
	uncounted int // the pending entries that are in no ledger
	bytes     int // of the pending entries that are
	running   bool
	stuck     bool          // given up: a call of Write holds the goroutine
	changed   chan struct{} // closed when completed or running changes; nil: no one waits
}

// New returns an empty queue.
func New(cfg Config) *Queue {
	cfg.Limit = max(cfg.Limit, minLimit)
	cfg.MaxBytes = max(cfg.MaxBytes, minBytes)
	return &Queue{cfg: cfg, out: output{w: cfg.Writer}}
}

// OfferLost takes a copy of a lost record. It reports whether there was space.
func (q *Queue) OfferLost(r *sdklog.Record, cause uint8, submitted bool) bool {
	return q.offer(Lost, func() Entry { return NewLost(r, cause, submitted) })
}

// OfferCopy takes a copy of a record that is in the queue as well. It reports whether
// there was space.
func (q *Queue) OfferCopy(r *sdklog.Record) bool {
	return q.offer(Copy, func() Entry { return newEntry(Copy, r, MaxShortLine) })
}

// OfferNotice takes a record of the processor's own, if there is space.
func (q *Queue) OfferNotice(r *log.Record, scope string) {
	q.offer(Notice, func() Entry { return newNotice(r, scope) })
}

// offer takes the entry, if there is space. The entry is made without the mutex, and not
// at all if there is no space for the smallest.
func (q *Queue) offer(k Kind, newEntry func() Entry) bool {
	if q == nil || !q.hasSpace(k) {
		return false
	}
	e := newEntry()
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.hasSpaceLocked(k, e.bytes) {
		return false
	}
	last := len(q.chunks) - 1
	if last < 0 || len(q.chunks[last]) == cap(q.chunks[last]) {
		q.chunks = append(q.chunks, make([]Entry, 0, chunkSize))
		last++
	}
	if k == Lost {
		q.bytes += e.bytes
	} else {
		q.uncounted++
	}
	q.chunks[last] = append(q.chunks[last], e)
	q.accepted++
	q.startLocked()
	return true
}

func (q *Queue) hasSpace(k Kind) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.hasSpaceLocked(k, entryBytes)
}

func (q *Queue) hasSpaceLocked(k Kind, bytes int) bool {
	switch {
	case q.stuck:
		return false
	case k == Lost:
		return q.pendingLocked() < q.cfg.Limit && q.bytes+bytes <= q.cfg.MaxBytes
	case k == Copy:
		return q.uncounted < MaxUncounted
	default:
		return q.uncounted < 2*MaxUncounted
	}
}

// OfferAllLost takes as many of the entries as there is space for, from the first on, and
// returns how many. They are made by NewLost. Those that it takes belong to the queue
// afterwards, with the slice if that is all of them.
func (q *Queue) OfferAllLost(entries []Entry) int {
	if q == nil || len(entries) == 0 {
		return 0
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stuck {
		return 0
	}
	n, bytes := 0, q.bytes
	for space := q.cfg.Limit - q.pendingLocked(); n < min(len(entries), space); n++ {
		if bytes+entries[n].bytes > q.cfg.MaxBytes {
			break
		}
		bytes += entries[n].bytes
	}
	switch n {
	case 0:
		return 0
	case len(entries):
		entries = slices.Clip(entries)
	default: // the others must not be kept
		entries = slices.Clone(entries[:n])
	}
	q.chunks = append(q.chunks, entries)
	q.bytes = bytes
	q.accepted += uint64(n)
	q.startLocked()
	return n
}

// pendingLocked returns how many lost records are pending.
func (q *Queue) pendingLocked() int { return int(q.accepted-q.completed) - q.uncounted }

func (q *Queue) startLocked() {
	if !q.running {
		q.running = true
		go usercode.Run(q.writePending)
	}
}

// writePending writes entries until none is pending.
func (q *Queue) writePending() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.chunks) > 0 {
		q.writeFirstLocked()
	}
	q.chunks = nil
	q.running = false
	q.stuck = false // it was given up on before it began to write
	q.notifyLocked()
}

// writeFirstLocked writes the first pending entry and completes it. It releases the mutex
// while it writes.
func (q *Queue) writeFirstLocked() {
	e := &q.chunks[0][q.head]
	q.mu.Unlock()
	err := fmt.Errorf("%w: runtime.Goexit", usercode.ErrPanic) // stands until write returns
	defer func() {
		if err != nil {
			q.cfg.Report(fmt.Errorf("asynclog: fallback: %w", err))
		}
		q.mu.Lock()
		if q.stuck {
			q.stuck = false // giveUpLocked has completed this entry, and all others
			return
		}
		q.completeLocked(e, err == nil)
		q.popLocked()
	}()
	err = q.out.write(e)
}

func (q *Queue) popLocked() {
	chunk := q.chunks[0]
	chunk[q.head] = Entry{}
	if q.head++; q.head == len(chunk) {
		q.chunks[0] = nil
		q.chunks = q.chunks[1:]
		q.head = 0
	}
}

func (q *Queue) completeLocked(e *Entry, written bool) {
	q.completed++
	if e.Kind == Lost {
		q.bytes -= e.bytes
	} else {
		q.uncounted--
	}
	q.cfg.Completed(e, written)
	q.notifyLocked()
}

func (q *Queue) notifyLocked() {
	if q.changed != nil {
		close(q.changed)
		q.changed = nil
	}
}

// Snapshot calls read with the number of lost records that are pending, with the mutex
// held, so that no entry is completed meanwhile.
func (q *Queue) Snapshot(read func(pending int)) {
	if q == nil {
		read(0)
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	read(q.pendingLocked())
}

// Drain waits until all entries that are pending now are completed, the context ends, or
// the writer makes no progress for the StallTimeout.
func (q *Queue) Drain(ctx context.Context) {
	if q == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for target := q.accepted; q.completed < target; {
		if !q.awaitChangeLocked(ctx, StallTimeout) {
			return
		}
	}
}

// Finish waits until all entries that are pending now are completed and, if no others
// have come, the goroutine has ended. It may wait beyond the end of the context, since
// these are the last lines: while the writer makes progress within each LateStallTimeout,
// and at most for the StallTimeout in all. What is not written by then is given up.
func (q *Queue) Finish(ctx context.Context) {
	if q == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	target := q.accepted
	unfinished := func() bool { return q.completed < target || q.running && q.accepted == q.completed }
	for unfinished() && ctx.Err() == nil {
		if !q.awaitChangeLocked(ctx, StallTimeout) && ctx.Err() == nil {
			q.giveUpLocked()
			return
		}
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), StallTimeout)
	defer cancel()
	for unfinished() {
		if !q.awaitChangeLocked(late, LateStallTimeout) {
			q.giveUpLocked()
			return
		}
	}
}

// giveUpLocked completes all pending entries as not written. The goroutine is still in a
// call of Write; when that returns, the goroutine finds its entry completed.
func (q *Queue) giveUpLocked() {
	q.stuck = true
	for i, chunk := range q.chunks {
		if i == 0 {
			chunk = chunk[q.head:]
		}
		for j := range chunk {
			q.completeLocked(&chunk[j], false)
		}
	}
	q.chunks, q.head = nil, 0
}

// awaitChangeLocked releases the mutex until the goroutine has completed an entry or
// ended. It reports whether that happened before the context ended and the timeout
// passed.
func (q *Queue) awaitChangeLocked(ctx context.Context, timeout time.Duration) bool {
	if q.changed == nil {
		q.changed = make(chan struct{})
	}
	changed := q.changed
	q.mu.Unlock()
	timer := time.NewTimer(timeout)
	select {
	case <-changed:
	case <-ctx.Done():
	case <-timer.C:
	}
	timer.Stop()
	q.mu.Lock()
	return changed != q.changed
}
