package exportertest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

func TestShutdown(t *testing.T) {
	e := exportertest.New()
	errDown, errFlush := errors.New("down"), errors.New("flush")
	e.SetShutdownError(errDown)
	e.SetForceFlushError(errFlush)
	e.FailNext(1, errors.New("not used up by refused Exports"))

	if err := e.ForceFlush(t.Context()); !errors.Is(err, errFlush) {
		t.Errorf("ForceFlush = %v, want %v", err, errFlush)
	}
	if err := e.Shutdown(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("Shutdown = %v, want %v", err, errDown)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Errorf("second Shutdown = %v, want nil", err)
	}
	if err := e.ForceFlush(t.Context()); err != nil {
		t.Errorf("ForceFlush after Shutdown = %v, want nil", err)
	}
	for range 2 {
		if err := e.Export(t.Context(), batch(0, 1)); !errors.Is(err, sdklog.ErrExporterShutdown) {
			t.Errorf("Export after Shutdown = %v, want %v", err, sdklog.ErrExporterShutdown)
		}
	}
	wantBodies(t, e)
	wantCount(t, "exports after shutdown", e.ExportsAfterShutdown(), 2)
	wantCount(t, "exports", e.Exports(), 2)
	wantCount(t, "flushes", e.ForceFlushes(), 2)
	wantCount(t, "shutdowns", e.Shutdowns(), 2)
}

func TestLifecycleContexts(t *testing.T) {
	type key struct{}
	e := exportertest.New()
	ctx := context.WithValue(t.Context(), key{}, 1)
	_ = e.ForceFlush(ctx)
	_ = e.Shutdown(ctx)
	for name, ctxs := range map[string][]context.Context{"flush": e.ForceFlushContexts(), "shutdown": e.ShutdownContexts()} {
		if len(ctxs) != 1 || ctxs[0].Value(key{}) != 1 {
			t.Errorf("%s contexts %v do not carry the value", name, ctxs)
		}
	}
}

func TestBlockedLifecycle(t *testing.T) {
	for name, hook := range map[string]struct {
		block func(*exportertest.Exporter) func()
		call  func(*exportertest.Exporter, context.Context) error
	}{
		"flush":    {(*exportertest.Exporter).BlockForceFlush, (*exportertest.Exporter).ForceFlush},
		"shutdown": {(*exportertest.Exporter).BlockShutdown, (*exportertest.Exporter).Shutdown},
	} {
		for _, deaf := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var opts []exportertest.Option
					want, wantErr := time.Second, context.DeadlineExceeded
					if deaf {
						opts = append(opts, exportertest.WithDeafness())
						want, wantErr = time.Minute, nil
					}
					e := exportertest.New(opts...)
					time.AfterFunc(time.Minute, hook.block(e))
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					begun := time.Now()
					if err := hook.call(e, ctx); !errors.Is(err, wantErr) {
						t.Errorf("deaf %t: %v, want %v", deaf, err, wantErr)
					}
					if took := time.Since(begun); took != want {
						t.Errorf("deaf %t: took %v, want %v", deaf, took, want)
					}
					if err := e.Export(t.Context(), batch(0, 1)); name == "flush" && err != nil {
						t.Errorf("a gate of ForceFlush stopped an Export: %v", err)
					}
				})
			})
		}
	}
}

// TestShutdownSparesRunningExport: an Export under way ends normally.
func TestShutdownSparesRunningExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		release := e.Block()
		go func() { _ = e.Export(t.Context(), batch(0, 1)) }()
		synctest.Wait()
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		release()
		synctest.Wait()
		wantBodies(t, e, "0")
		wantCount(t, "exports after shutdown", e.ExportsAfterShutdown(), 0)
	})
}
