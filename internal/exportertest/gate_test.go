package exportertest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

func TestBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		release := e.Block()
		defer release() // again
		done := make(chan error, 1)
		go func() { done <- e.Export(t.Context(), batch(0, 1)) }()

		synctest.Wait() // returns only if the Export is durably blocked
		wantCount(t, "active", e.Active(), 1)
		wantBodies(t, e)
		if c := e.Calls()[0]; !c.Ended.IsZero() || c.Taken() {
			t.Errorf("call under way looks ended: %+v", c)
		}
		release()
		release()
		if err := <-done; err != nil {
			t.Errorf("Export = %v, want nil", err)
		}
		wantBodies(t, e, "0")
		if err := e.Export(t.Context(), batch(1, 1)); err != nil {
			t.Errorf("Export after release = %v, want nil", err)
		}
	})
}

// TestBlockOutsideBubble uses an Exporter from outside in a bubble, as a package
// variable or a shared fixture.
func TestBlockOutsideBubble(t *testing.T) {
	e := exportertest.New()
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			release := e.Block()
			go func() { _ = e.Export(context.Background(), batch(0, 1)) }()
			synctest.Wait()
			release()
		})
	}
	wantCount(t, "records taken", e.RecordsTaken(), 2)
}

func TestBlockedExportAndContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		release := e.Block()
		defer release()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		if err := e.Export(ctx, batch(0, 1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Export = %v, want %v", err, context.DeadlineExceeded)
		}
		if took := time.Since(begun); took != time.Minute {
			t.Errorf("Export took %v, want 1m", took)
		}
		wantBodies(t, e)
	})
}

func TestBlockedDeafExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDeafness())
		release := e.Block()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- e.Export(ctx, batch(0, 1)) }()
		time.Sleep(time.Hour)
		wantCount(t, "active", e.Active(), 1)
		release()
		if err := <-done; err != nil {
			t.Errorf("Export = %v, want nil", err)
		}
		wantBodies(t, e, "0")
	})
}

func TestBlocksAreIndependent(t *testing.T) {
	for _, order := range [][2]int{{0, 1}, {1, 0}} {
		synctest.Test(t, func(t *testing.T) {
			e := exportertest.New()
			releases := []func(){e.Block(), e.Block()}
			go func() { _ = e.Export(t.Context(), batch(0, 1)) }()
			synctest.Wait()
			releases[order[0]]()
			synctest.Wait()
			wantCount(t, "active behind the other gate", e.Active(), 1)
			releases[order[1]]()
			synctest.Wait()
			wantCount(t, "active", e.Active(), 0)
			wantBodies(t, e, "0")
		})
	}
}

// TestBlockSparesRunning: a gate stops only the Exports that begin after Block.
func TestBlockSparesRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDelay(time.Second))
		go func() { _ = e.Export(t.Context(), batch(0, 1)) }()
		synctest.Wait()
		defer e.Block()()
		time.Sleep(time.Second)
		synctest.Wait()
		wantBodies(t, e, "0")
	})
}
