package processor

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// A Classify that does not return blocks its own batch, and not Shutdown. The result of
// the export is known.
func TestShutdownDoesNotWaitForClassify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := failing(errAway)
		held := make(chan struct{})
		defer close(held)
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(10), WithRetry(RetryConfig{Classify: func(error) Class {
			<-held
			return Transient
		}}))
		emit(p, log.SeverityInfo, bodyRange(0, 20)...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if err := p.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("shutdown returns %v", err)
		}
		if took := time.Since(begun); took != time.Second {
			t.Errorf("shutdown took %v", took)
		}
		wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 10}, Drop{ReasonShutdownTimeout, log.SeverityInfo, 10})
	})
}

// A Classify that flushes the processor waits for its own batch, until its context ends.
func TestClassifyThatFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New()
		e.FailNext(1, errStrange)
		var p *Processor
		p = start(t, e, WithFallback(nil), WithRetry(RetryConfig{Classify: func(error) Class {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_ = p.ForceFlush(ctx)
			return Transient
		}}))
		emit(p, log.SeverityInfo, bodyRange(0, 4)...)
		time.Sleep(time.Minute)
		wantBodies(t, e, bodyRange(0, 4))
	})
}

// While one exporter's worker waits for Classify, the other exporter gets its turns,
// though neither works.
func TestClassifyThatHoldsOneWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var r receiver
		r.is(errAway)
		var asked atomic.Int64
		held := make(chan struct{})
		one, two := r.exporter(), r.exporter()
		p := start(t, one, WithExporters(two), WithFallback(nil), WithExportMaxBatchSize(10),
			WithExportTimeout(10*time.Second), WithRetry(RetryConfig{Classify: func(error) Class {
				if asked.Add(1) == 3 { // both have failed before
					<-held
				}
				return Transient
			}}))
		emit(p, log.SeverityInfo, bodyRange(0, 20)...)
		time.Sleep(20 * time.Second)
		r.is(nil)
		time.Sleep(20 * time.Second)
		if s := p.Stats(); s.Exported != 10 {
			t.Errorf("%d records exported while one worker is held, want the batch of the other", s.Exported)
		}
		close(held)
		time.Sleep(time.Minute)
		if s := p.Stats(); s.Exported != 20 {
			t.Errorf("%d records exported", s.Exported)
		}
	})
}

// ender is an error that ends the goroutine that examines it.
type ender struct{}

func (ender) Error() string   { return "the end" }
func (ender) GRPCStatus() any { runtime.Goexit(); return nil }

func TestErrorThatEndsTheGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New()
		e.FailNext(1, ender{})
		p := start(t, e, WithFallback(nil))
		emit(p, log.SeverityInfo, bodyRange(0, 4)...)
		time.Sleep(time.Minute)
		wantBodies(t, e, bodyRange(0, 4))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Shutdown(ctx); err != nil {
			t.Errorf("shutdown returns %v", err)
		}
	})
}

// An exporter that ends the goroutine costs the part that it holds, and no other part of
// the batch.
func TestExporterThatEndsTheGoroutineTakesItsPartOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		calls := 0
		e := exportertest.New(exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
			if calls++; calls == 2 {
				runtime.Goexit()
			}
			return nil
		}))
		p := start(t, e, WithFallback(nil), WithExportMaxBatchBytes(1000), WithExportMaxBatchSize(4))
		texts := make([]string, 4)
		for i := range texts {
			texts[i] = strings.Repeat("x", 600) + body(i)
		}
		emit(p, log.SeverityInfo, texts...)
		if err := p.ForceFlush(t.Context()); !errors.Is(err, usercode.ErrPanic) {
			t.Errorf("flush returns %v", err)
		}
		wantBodies(t, e, []string{texts[0], texts[2], texts[3]})
		wantDropped(t, p, Drop{ReasonExportPanic, log.SeverityInfo, 1})
	})
}

// If the exporter ends the goroutine, the search goes on in the parts that are left of a
// batch in halves.
func TestExporterThatEndsTheGoroutineInASearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New(exportertest.WithFunc(func(_ context.Context, recs []sdklog.Record) error {
			switch {
			case len(recs) > 2:
				return &errortest.HTTP{Code: 400}
			case recs[0].Body().AsString() == body(0):
				runtime.Goexit()
			}
			return nil
		}))
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(8))
		emit(p, log.SeverityInfo, bodyRange(0, 8)...)
		_ = p.ForceFlush(t.Context())
		wantBodies(t, e, bodyRange(2, 8))
		wantDropped(t, p, Drop{ReasonExportPanic, log.SeverityInfo, 2})
	})
}
