package exportertest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

func TestMaxConcurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		release := e.Block()
		for i := range 3 {
			go func() { _ = e.Export(t.Context(), batch(i, 1)) }()
		}
		synctest.Wait()
		release()
		synctest.Wait()
		wantCount(t, "most at once", e.MaxConcurrent(), 3)
		wantCount(t, "active", e.Active(), 0)
		wantCount(t, "taken", e.RecordsTaken(), 3)
	})
}

// TestConcurrentSafe is for the race detector: every method against every other.
func TestConcurrentSafe(t *testing.T) {
	e := exportertest.New(exportertest.WithDelay(time.Microsecond))
	errRefused := errors.New("refused")
	var wg sync.WaitGroup
	for _, f := range []func(ctx context.Context){
		func(ctx context.Context) { _ = e.Export(ctx, batch(0, 3)) },
		func(ctx context.Context) { _ = e.Export(ctx, batch(3, 3)) },
		func(ctx context.Context) { _ = e.ForceFlush(ctx) },
		func(context.Context) { e.Block()() },
		func(context.Context) { e.BlockForceFlush()() },
		func(context.Context) { e.BlockShutdown()() },
		func(context.Context) { e.FailNext(1, errRefused) },
		func(context.Context) { e.SetDelay(0) },
		func(context.Context) { e.SetForceFlushError(errRefused) },
		func(context.Context) { e.SetShutdownError(errRefused) },
		func(context.Context) { _, _, _ = e.Records(), e.Batches(), e.Bodies() },
		func(context.Context) { _, _, _ = e.Attempted(), e.Calls(), e.ExportContexts() },
		func(context.Context) { _, _ = e.LastDeadline() },
		func(context.Context) { _, _ = e.ForceFlushContexts(), e.ShutdownContexts() },
		func(context.Context) { _, _, _ = e.Exports(), e.ForceFlushes(), e.Shutdowns() },
		func(context.Context) { _, _, _ = e.Active(), e.MaxConcurrent(), e.RecordsTaken() },
		func(context.Context) { _, _ = e.ExportsAfterShutdown(), e.Overwritten() },
		func(ctx context.Context) { _ = e.WaitEntered(ctx, 10) },
		func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, time.Microsecond)
			defer cancel()
			_ = e.WaitRecords(ctx, 1000)
		},
	} {
		wg.Go(func() {
			for range 50 {
				f(t.Context())
			}
		})
	}
	wg.Wait()
	if err := e.Shutdown(t.Context()); !errors.Is(err, errRefused) {
		t.Errorf("Shutdown = %v, want %v", err, errRefused)
	}
	wantCount(t, "exports", e.Exports(), 100)
	wantCount(t, "overwritten", e.Overwritten(), 0)
}
