package queue

import (
	"errors"
	"fmt"
	"slices"
)

// maxFlushErrors bounds how many errors a flush keeps; the rest are counted.
const maxFlushErrors = 8

// Flush follows the batches that were queued or in flight when it began, until
// each is settled, or one is put back with an error.
type Flush struct {
	done chan struct{}

	// Guarded by the queue's mutex until done is closed.
	pending int
	errs    []error
	more    int
}

// Done is closed when the flush is over.
func (f *Flush) Done() <-chan struct{} { return f.done }

// Err returns the joined errors of the batches the flush covers. It may be
// called once Done is closed.
func (f *Flush) Err() error {
	if f.more > 0 {
		return errors.Join(append(slices.Clone(f.errs), fmt.Errorf("and %d more failed exports", f.more))...)
	}
	return errors.Join(f.errs...)
}

// ErrSoFar is Err of a flush that may not be over.
func (q *Queue) ErrSoFar(f *Flush) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return f.Err()
}

// settleLocked tells the flush that a batch which it covers is settled.
func (f *Flush) settleLocked(err error) {
	f.addErrorLocked(err)
	if f.pending--; f.pending == 0 {
		close(f.done)
	}
}

// abortLocked ends the flush before all batches which it covers are settled.
func (f *Flush) abortLocked(err error) {
	if f.pending <= 0 {
		return // it is over
	}
	f.addErrorLocked(err)
	f.pending = 0 // and negative from now on
	close(f.done)
}

// addErrorLocked keeps an error, until the flush is over.
func (f *Flush) addErrorLocked(err error) {
	if err == nil || f.pending <= 0 {
		return
	}
	if len(f.errs) < maxFlushErrors {
		f.errs = append(f.errs, err)
	} else {
		f.more++
	}
}

// BeginFlush starts a flush of every record whose Offer returned before, and
// has the open batch handed out now. The open batch goes on taking records
// until a consumer takes it, so that flushes under load do not fill the queue
// with fragments.
func (q *Queue) BeginFlush() *Flush {
	f := &Flush{done: make(chan struct{})}
	q.lock()
	defer q.mu.Unlock()
	cover := func(b *Batch) {
		b.flushes = append(b.flushes, f)
		f.pending++
	}
	for _, c := range q.consumers {
		if c.holding != nil {
			cover(c.holding)
		}
	}
	for _, b := range q.ready {
		cover(b)
	}
	if q.tail != nil && q.tail.claims() > 0 {
		cover(q.tail)
		q.expediteLocked()
	}
	if f.pending == 0 {
		close(f.done)
	}
	return f
}
