package processor

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
)

// A worker that had its turn, but no CPU, until Shutdown gave up waiting for it does not
// call the exporter any more.
func TestNoExportBeginsAfterShutdown(t *testing.T) {
	e := exportertest.New()
	h := newExporterHandle(e, nil)
	if !h.acquire(t.Context(), nil) {
		t.Fatal("the turn is taken")
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_ = h.shutdown(over)
	if e.Shutdowns() != 1 {
		t.Fatalf("the exporter was shut down %d times", e.Shutdowns())
	}
	o := h.export(t.Context(), time.Second, []sdklog.Record{exportertest.Record(log.SeverityInfo, "late")})
	if !o.failed || o.why != shutdownTimeout || o.err != nil || e.Exports() != 0 || h.stats().Exports != 0 {
		t.Errorf("%+v, %d exports, %+v", o, e.Exports(), h.stats())
	}
}

// No walk through the error that an exporter returns is unbounded.
func TestExportWithAnErrorThatWrapsItself(t *testing.T) {
	e := exportertest.New()
	e.FailNext(1, errortest.NewRing())
	h := newExporterHandle(e, nil)
	if !h.acquire(t.Context(), nil) {
		t.Fatal("the turn is taken")
	}
	done := make(chan outcome, 1)
	go func() {
		done <- h.export(context.Background(), time.Second, []sdklog.Record{exportertest.Record(log.SeverityInfo, "refused")})
	}()
	select {
	case o := <-done:
		if !o.failed || o.why != exportFailed {
			t.Errorf("%+v", o)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the export does not end")
	}
}
