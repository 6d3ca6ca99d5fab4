package exportertest_test

import (
	"testing"
	"testing/synctest"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// TestBehindSDK uses the double as the processor tests do, behind a processor known
// to be correct: its checks must find nothing.
func TestBehindSDK(t *testing.T) {
	exportertest.NoLeaks(t)
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDelay(100 * time.Millisecond))
		p := sdklog.NewBatchProcessor(e, sdklog.WithExportInterval(time.Second), sdklog.WithExportTimeout(time.Minute))
		begun := time.Now()
		recs := batch(0, 3)
		for i := range recs {
			if err := p.OnEmit(t.Context(), &recs[i]); err != nil {
				t.Error(err)
			}
		}
		if err := e.WaitRecords(t.Context(), len(recs)); err != nil {
			t.Fatal(err)
		}
		if at := e.Calls()[0].Begun.Sub(begun); at != time.Second {
			t.Errorf("exported after %v, want 1s", at)
		}
		if d, ok := e.LastDeadline(); !ok || d.Sub(begun) != time.Second+time.Minute {
			t.Errorf("deadline %v after the start, want 1m1s", d.Sub(begun))
		}
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wantBodies(t, e, "0", "1", "2")
		wantCount(t, "concurrent", e.MaxConcurrent(), 1)
		wantCount(t, "overwritten", e.Overwritten(), 0)
		wantCount(t, "exports after shutdown", e.ExportsAfterShutdown(), 0)
		wantCount(t, "shutdowns", e.Shutdowns(), 1)
	})
}
