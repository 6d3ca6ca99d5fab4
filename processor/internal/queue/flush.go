package queue

import (
	"errors"
	"fmt"
)

// maxFlushErrors bounds how many errors a flush keeps; the rest are counted.
const maxFlushErrors = 8

// Flush follows the batches that were queued or in flight when it began, until
// each is settled.
type Flush struct {
	done chan struct{}

	// Guarded by the queue's mutex until done is closed.
	pending int
	errs    []error
	more    int
}

// Done is closed when every batch the flush covers is settled.
func (f *Flush) Done() <-chan struct{} { return f.done }

// Err returns the joined errors of the batches the flush covers. It may be
// called once Done is closed.
func (f *Flush) Err() error {
	if f.more > 0 {
		return errors.Join(append(f.errs, fmt.Errorf("and %d more failed exports", f.more))...)
	}
	return errors.Join(f.errs...)
}

func (f *Flush) settleLocked(err error) {
	if err != nil {
		if len(f.errs) < maxFlushErrors {
			f.errs = append(f.errs, err)
		} else {
			f.more++
		}
	}
	if f.pending--; f.pending == 0 {
		close(f.done)
	}
}

// BeginFlush starts a flush of every record whose Offer returned before, and
// has the open batch handed out now. The open batch goes on taking records
// until a consumer takes it, so that flushes under load do not fill the queue
// with fragments.
func (q *Queue) BeginFlush() *Flush {
	f := &Flush{done: make(chan struct{})}
	q.mu.Lock()
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
