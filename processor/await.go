package processor

import (
	"context"
	"fmt"
	"time"

	"github.com/krunchwrapper/asynclog/internal/panictext"
)

const (
	// grace is how long Shutdown waits, past the end of its context, for those
	// who have just been told to stop.
	grace = 20 * time.Millisecond
	// patience is how long Shutdown waits for user code that has no deadline of
	// its own: an error handler, a drop hook.
	patience = time.Second
)

// await waits until done is closed or the context ends, and then for the grace.
// It tells whether done was closed.
func await(ctx context.Context, done <-chan struct{}) bool {
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
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// awaitBriefly is await with a limit on the patience.
func awaitBriefly(ctx context.Context, done <-chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	await(ctx, done)
}

func panicError(where string, v any) error {
	return fmt.Errorf("asynclog: %s: %w: %s", where, errPanic, panictext.Of(v))
}
