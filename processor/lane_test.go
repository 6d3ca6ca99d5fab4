package processor

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// A worker that had its turn, but no processor, until Shutdown had given up waiting
// for it does not call the exporter any more.
func TestNoExportBeginsAfterShutdown(t *testing.T) {
	e := exportertest.New()
	l := newLane(e)
	if !l.enter(t.Context(), nil) {
		t.Fatal("the turn is taken")
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_ = l.shutdown(over)
	if e.Shutdowns() != 1 {
		t.Fatalf("the exporter was shut down %d times", e.Shutdowns())
	}
	o := l.export(t.Context(), time.Second, []sdklog.Record{exportertest.Record(log.SeverityInfo, "late")})
	if !o.failed || o.why != shutdownTimeout || o.err != nil || e.Exports() != 0 || l.stats().Exports != 0 {
		t.Errorf("%+v, %d exports, %+v", o, e.Exports(), l.stats())
	}
}

// The error that an exporter returns is not walked where nobody bounds the walk.
func TestExportWithAnErrorThatWrapsItself(t *testing.T) {
	e := exportertest.New()
	self := &ring{}
	self.next = self
	e.FailNext(1, self)
	l := newLane(e)
	if !l.enter(t.Context(), nil) {
		t.Fatal("the turn is taken")
	}
	done := make(chan outcome, 1)
	go func() {
		done <- l.export(context.Background(), time.Second, []sdklog.Record{exportertest.Record(log.SeverityInfo, "refused")})
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
