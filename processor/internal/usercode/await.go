package usercode

import (
	"context"
	"time"
)

const (
	// CancelTimeout is how long Shutdown waits, after the end of its context, for
	// calls that were just cancelled.
	CancelTimeout = 20 * time.Millisecond
	// CallbackTimeout is how long Shutdown waits for user code that has no deadline of
	// its own: an error handler, a drop hook.
	CallbackTimeout = time.Second
)

// Await waits until done is closed, or the context has ended and the CancelTimeout has
// passed after that. It reports whether done was closed.
func Await(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
	}
	select {
	case <-done:
		return true
	case <-ctx.Done():
	}
	timer := time.NewTimer(CancelTimeout)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// AwaitCallback is [Await] with a context that ends after the CallbackTimeout at the
// latest.
func AwaitCallback(ctx context.Context, done <-chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, CallbackTimeout)
	defer cancel()
	Await(ctx, done)
}
