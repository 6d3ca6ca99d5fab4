package exportertest

import (
	"context"
	"fmt"
	"slices"
)

// waiter is one goroutine that waits for a count. The goroutine makes the channel in
// its own synctest bubble, so there is one channel for each waiter.
type waiter struct {
	reached func() bool // called with Exporter.mu held
	done    chan struct{}
}

// WaitEntered returns nil as soon as n Exports have begun, counted over the life of
// the Exporter. If ctx ends first, it returns an error that wraps ctx.Err().
func (e *Exporter) WaitEntered(ctx context.Context, n int) error {
	if err := e.wait(ctx, func() bool { return len(e.calls) >= n }); err != nil {
		return fmt.Errorf("exportertest: %d of %d Exports begun: %w", e.Exports(), n, err)
	}
	return nil
}

// WaitRecords returns nil as soon as n records have been taken, counted over the
// life of the Exporter. The last Export is then about to return, so the processor may
// not have counted its records yet. If ctx ends first, WaitRecords returns an error
// that wraps ctx.Err().
func (e *Exporter) WaitRecords(ctx context.Context, n int) error {
	if err := e.wait(ctx, func() bool { return e.takenCount >= n }); err != nil {
		return fmt.Errorf("exportertest: %d of %d records taken: %w", e.RecordsTaken(), n, err)
	}
	return nil
}

func (e *Exporter) wait(ctx context.Context, reached func() bool) error {
	e.mu.Lock()
	if reached() {
		e.mu.Unlock()
		return nil
	}
	w := &waiter{reached: reached, done: make(chan struct{})}
	e.waiters = append(e.waiters, w)
	e.mu.Unlock()

	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		e.mu.Lock()
		defer e.mu.Unlock()
		e.waiters = slices.DeleteFunc(e.waiters, func(other *waiter) bool { return other == w })
		return ctx.Err()
	}
}

// wakeLocked wakes the waiters whose count has been reached.
func (e *Exporter) wakeLocked() {
	e.waiters = slices.DeleteFunc(e.waiters, func(w *waiter) bool {
		if !w.reached() {
			return false
		}
		close(w.done)
		return true
	})
}
