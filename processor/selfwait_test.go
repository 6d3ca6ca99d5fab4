package processor

import (
	"context"
	"io"
	stdlog "log"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// An exporter that logs without its context while the queue is full would wait, under
// Block, for room that only its own return makes.
func TestBlockDoesNotLetAnExporterWaitForItself(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		var p *Processor
		filled := make(chan struct{})
		waited := time.Duration(-1)
		o := &odd{Exporter: exportertest.New(), export: func(context.Context, []sdklog.Record) error {
			if waited >= 0 {
				return nil
			}
			<-filled
			began := time.Now()
			emit(p, log.SeverityDebug, "about myself")
			waited = time.Since(began)
			return nil
		}}
		p = start(t, o, WithMaxQueueSize(2), WithExportMaxBatchSize(1), WithOverflow(Block(time.Minute)), WithFallback(nil))
		emit(p, log.SeverityInfo, "a")
		synctest.Wait()
		emit(p, log.SeverityInfo, "b")
		emit(p, log.SeverityInfo, "c")
		waiting := goEmit(p, log.SeverityInfo, "d")
		synctest.Wait()
		close(filled)
		synctest.Wait()
		if waited != 0 || !waiting.returned() || waiting.took != 0 {
			t.Errorf("the exporter waited %v, another caller %v", waited, waiting.took)
		}
		wantDropped(t, p, Drop{ReasonQueueFull, log.SeverityDebug, 1})
	})
}

// log.Print holds a lock while it writes, so an exporter that prints waits for the call
// that exports.
func TestSynchronousExporterThatPrints(t *testing.T) {
	captureErrors(t)
	var p *Processor
	l := stdlog.New(writerFunc(func(b []byte) (int, error) {
		emit(p, log.SeverityInfo, string(b))
		return len(b), nil
	}), "", 0)
	o := &odd{Exporter: exportertest.New(), export: func(context.Context, []sdklog.Record) error {
		l.Print("exporting")
		return nil
	}}
	p = start(t, o, WithSynchronous(), WithExportTimeout(50*time.Millisecond), WithFallback(io.Discard))
	ended := make(chan error)
	go func() {
		l.Print("hello")
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = p.Shutdown(ctx) // the exporter took longer than it may
		ended <- ctx.Err()
	}()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the call or Shutdown does not return")
	}
	// The exporter's own line is refused, because the exporter is being called or because
	// Shutdown has begun.
	if s := p.Stats(); !s.Balanced() || s.Emitted != 2 {
		t.Errorf("%+v", s)
	}
}
