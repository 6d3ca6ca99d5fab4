package processor

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/panictext"
)

// fallbackPatience is how long ForceFlush and Shutdown wait for a fallback
// writer that makes no progress, if their context lets them.
const fallbackPatience = time.Second

// fallbackGrace is how long Shutdown waits for progress after its context has
// ended. On a busy machine the goroutine may wait for a processor longer than the
// writer takes.
const fallbackGrace = 100 * time.Millisecond

// lost is a critical record on its way to the fallback, and what it is counted
// as if the fallback cannot take it.
type lost struct {
	rec    sdklog.Record
	why    reason
	handed bool // it has been handed to an exporter before
	beside beside
	make   func() sdklog.Record // of a notice; it has no rec
}

// beside says that writing a record is not its end, or not a user's record.
type beside uint8

const (
	no        beside = iota
	duplicate        // the record is in the queue as well
	notice           // it is the processor's own
)

// maxBeside is how many of such may be pending, and as many notices again. They do
// not take the place of records that have none but this.
const maxBeside = 128

// fallback writes critical records that cannot be exported to a writer, one JSON
// line each. It never lets a caller wait: records go into a bounded buffer, and
// one goroutine, started on demand, writes them. A writer that blocks holds that
// goroutine and nobody else.
//
// Invariants:
//   - accepted - settled records are pending: those in chunks from head on, of
//     which the first may be being written. So many as beside of them are in no
//     ledger.
//   - Each accepted record is settled once: as written, or as dropped for the
//     reason it came with.
//   - running is true exactly while the goroutine exists; it alone calls the
//     writer.
type fallback struct {
	w      io.Writer
	limit  int // most records pending
	ledger *ledger
	report func(error)

	mu       sync.Mutex
	chunks   [][]lost // first in, first out
	head     int      // the first pending record of the first chunk
	accepted uint64
	settled  uint64
	beside   int // pending, of those, what is in no ledger
	running  bool
	stuck    bool          // given up on: the goroutine is held by a call of Write
	changed  chan struct{} // closed when settled or running changes; nil: nobody waits
}

func newFallback(w io.Writer, limit int, l *ledger, report func(error)) *fallback {
	return &fallback{w: w, limit: max(limit, minFallback), ledger: l, report: report}
}

// minFallback is how many records the buffer holds at least.
const minFallback = 1024

// chunkSize is how many records that come one by one share a chunk.
const chunkSize = 32

// offer takes a copy of the record, if there is room. A nil fallback has none.
func (f *fallback) offer(r *sdklog.Record, why reason, handed bool) bool {
	if f == nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stuck || f.pendingLocked() >= f.limit {
		return false
	}
	f.acceptLocked(lost{rec: r.Clone(), why: why, handed: handed})
	return true
}

// offerCopy takes a copy of a record that is in the queue as well, if there are not
// too many.
func (f *fallback) offerCopy(r *sdklog.Record) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stuck || f.beside >= maxBeside {
		return false
	}
	f.beside++
	f.acceptLocked(lost{rec: r.Clone(), beside: duplicate})
	return true
}

// offerNotice takes a record of the processor's own, if there are not too many. It is
// made on the goroutine that writes it.
func (f *fallback) offerNotice(make func() sdklog.Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stuck || f.beside >= 2*maxBeside {
		return
	}
	f.beside++
	f.acceptLocked(lost{make: make, beside: notice})
}

func (f *fallback) acceptLocked(l lost) { //nolint:gocritic // it is copied into its place
	last := len(f.chunks) - 1
	if last < 0 || len(f.chunks[last]) == cap(f.chunks[last]) {
		f.chunks = append(f.chunks, make([]lost, 0, chunkSize))
		last++
	}
	f.chunks[last] = append(f.chunks[last], l)
	f.accepted++
	f.startLocked()
}

// offerAll takes as many of the records as there is room for, and returns how
// many. The slice is the fallback's from then on.
func (f *fallback) offerAll(recs []lost) int {
	if f == nil || len(recs) == 0 {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := min(len(recs), max(0, f.limit-f.pendingLocked()))
	if f.stuck || n == 0 {
		return 0
	}
	f.chunks = append(f.chunks, recs[:n:n])
	f.accepted += uint64(n)
	f.startLocked()
	return n
}

// pendingLocked returns how many records of the ledger wait to be written.
func (f *fallback) pendingLocked() int { return int(f.accepted-f.settled) - f.beside }

func (f *fallback) startLocked() {
	if !f.running {
		f.running = true
		go f.run()
	}
}

// run writes what is pending, and ends when nothing is.
func (f *fallback) run() {
	var enc lineEncoder
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() {
		if f.running { // the writer ended the goroutine (runtime.Goexit)
			go f.run()
		}
	}()
	for len(f.chunks) > 0 {
		f.writeFirstLocked(&enc)
	}
	f.chunks = nil
	f.running = false
	f.notifyLocked()
}

// writeFirstLocked writes the first pending record and settles it. It gives up
// the mutex while it writes.
func (f *fallback) writeFirstLocked(enc *lineEncoder) {
	l := &f.chunks[0][f.head]
	f.mu.Unlock()
	err := fmt.Errorf("%w: runtime.Goexit", errPanic) // what holds until it returns
	defer func() {
		if err != nil {
			f.report(fmt.Errorf("asynclog: fallback: %w", err))
		}
		f.mu.Lock()
		if f.stuck {
			f.stuck = false // giveUpLocked has settled this record, and all others
			return
		}
		f.settleLocked(l, err == nil)
		f.popLocked()
	}()
	err = f.write(enc, l)
}

func (f *fallback) popLocked() {
	chunk := f.chunks[0]
	chunk[f.head] = lost{}
	if f.head++; f.head == len(chunk) {
		f.chunks[0] = nil
		f.chunks = f.chunks[1:]
		f.head = 0
	}
}

// write writes one record, and survives a writer that panics.
func (f *fallback) write(enc *lineEncoder, l *lost) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: %s", errPanic, panictext.Of(v))
		}
	}()
	r := &l.rec
	if l.make != nil {
		own := l.make()
		r = &own
	}
	line, err := enc.encode(r)
	if err != nil {
		return err
	}
	n, err := f.w.Write(line)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	return err
}

func (f *fallback) settleLocked(l *lost, written bool) {
	f.settled++
	switch {
	case l.beside != no:
		f.beside--
		if l.beside == duplicate {
			f.ledger.copy(written)
		}
	case written:
		f.ledger.save(l.why, l.handed)
	default:
		f.ledger.drop(l.why, rangeOf(l.rec.Severity()), 1, l.handed)
	}
	f.notifyLocked()
}

func (f *fallback) notifyLocked() {
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// drain waits until what is pending now is settled, the context ends, or the
// writer makes no progress for a while.
func (f *fallback) drain(ctx context.Context) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for target := f.accepted; f.settled < target; {
		if !f.awaitLocked(ctx, fallbackPatience) {
			return
		}
	}
}

// finish waits until what is pending now is settled, and the goroutine is gone if
// nothing has come since. It may go on after the end of the context, because what
// it waits for are the last words: for as long as the writer writes, and for no
// more than the patience in all. What is not written by then is given up.
func (f *fallback) finish(ctx context.Context) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	target := f.accepted
	waiting := func() bool { return f.settled < target || f.running && f.accepted == f.settled }
	for waiting() && ctx.Err() == nil {
		if !f.awaitLocked(ctx, fallbackPatience) && ctx.Err() == nil {
			f.giveUpLocked()
			return
		}
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), fallbackPatience)
	defer cancel()
	for waiting() {
		if !f.awaitLocked(late, fallbackGrace) {
			f.giveUpLocked()
			return
		}
	}
}

// giveUpLocked settles all that is pending as lost. The goroutine is still in a
// call of Write; when it returns, the goroutine finds its record settled.
func (f *fallback) giveUpLocked() {
	f.stuck = true
	for i, chunk := range f.chunks {
		if i == 0 {
			chunk = chunk[f.head:]
		}
		for j := range chunk {
			f.settleLocked(&chunk[j], false)
		}
	}
	f.chunks, f.head = nil, 0
}

// awaitLocked gives up the mutex until the goroutine has settled a record or
// ended, and tells whether it has before the context ended and the time was up.
func (f *fallback) awaitLocked(ctx context.Context, d time.Duration) bool {
	if f.changed == nil {
		f.changed = make(chan struct{})
	}
	changed := f.changed
	f.mu.Unlock()
	timer := time.NewTimer(d)
	select {
	case <-changed:
	case <-ctx.Done():
	case <-timer.C:
	}
	timer.Stop()
	f.mu.Lock()
	return changed != f.changed
}

// snapshot calls read with how many records wait to be written, under the mutex,
// so that what read finds in the ledger does not overlap with them.
func (f *fallback) snapshot(read func(pending int)) {
	if f == nil {
		read(0)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	read(f.pendingLocked())
}
