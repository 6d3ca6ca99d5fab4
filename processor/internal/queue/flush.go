package queue

import (
	"errors"
	"fmt"
	"slices"
)

// maxFlushErrors is the number of errors a flush keeps; further errors are only counted.
const maxFlushErrors = 8

// Flush tracks the batches that were queued or in flight when it began, until each is
// settled, or one is put back with an error.
type Flush struct {
	done chan struct{}

	// Guarded by the queue's mutex until done is closed.
	pending int
	errs    []error
	more    int
}

// Done returns a channel that is closed when the flush is over.
func (f *Flush) Done() <-chan struct{} { return f.done }

// Err returns the joined errors of the batches that the flush covers. It may be called once
// Done is closed.
func (f *Flush) Err() error {
	if f.more > 0 {
		return errors.Join(append(slices.Clone(f.errs), fmt.Errorf("and %d more failed exports", f.more))...)
	}
	return errors.Join(f.errs...)
}

// ErrSoFar is Err for a flush that may not be over.
func (q *Queue) ErrSoFar(f *Flush) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return f.Err()
}

// settleLocked records that a batch which the flush covers is settled.
func (f *Flush) settleLocked(err error) {
	f.addErrorLocked(err)
	if f.pending--; f.pending == 0 {
		close(f.done)
	}
}

// abortLocked ends the flush before all batches that it covers are settled.
func (f *Flush) abortLocked(err error) {
	if f.pending <= 0 {
		return // it is over
	}
	f.addErrorLocked(err)
	f.pending = 0 // negative from now on
	close(f.done)
}

// addErrorLocked records an error, unless the flush is over.
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

// BeginFlush starts a flush of every record whose Offer has returned, and expedites the
// open batch. The open batch keeps taking records until a consumer takes it, so that
// flushes under load do not fill the queue with small batches.
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
