package bridge_test

import (
	"context"
	"io"
	stdlog "log"
	"log/slog"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// TestInstallConcurrentSafe installs and restores from several goroutines while
// others log in every way. Nothing may be lost while one installation lasts, and at
// the end the state must be the one before.
func TestInstallConcurrentSafe(t *testing.T) {
	changeState(t, func() { stdlog.SetOutput(io.Discard) })
	keepState(t)
	outer := newPipe(t, exportertest.New(), processor.WithMaxQueueSize(1<<14))
	inner := newPipe(t, exportertest.New(), processor.WithMaxQueueSize(1<<14))
	restoreOuter := bridge.Install(outer)

	const loggers, installers, rounds, lines = 4, 3, 20, 100
	kept, keptOTel := slog.With("kept", true), otel.Logger("kept")
	var wg sync.WaitGroup
	for range loggers {
		wg.Go(func() {
			for range lines {
				slog.Info("slog")
				kept.WithGroup("g").Info("kept", "a", 1)
				stdlog.Print("log")
				earlySlog.Info("early")
				emit(keptOTel, "otel")
				emit(otel.Logger("new"), "otel")
			}
		})
	}
	for range installers {
		wg.Go(func() {
			for range rounds {
				restore := bridge.Install(inner, bridge.WithSource(true))
				slog.InfoContext(context.Background(), "from the installer")
				var again sync.WaitGroup
				again.Go(restore)
				restore()
				again.Wait()
			}
		})
	}
	wg.Wait()
	restoreOuter()

	got := len(outer.records(t)) + len(inner.records(t))
	if want := loggers*lines*6 + installers*rounds; got != want {
		t.Errorf("%d records, want %d", got, want)
	}
}
