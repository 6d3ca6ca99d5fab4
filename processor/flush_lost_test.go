package processor

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// A flush does not pause after each batch that is lost.
func TestFlushOfBatchesThatAreLost(t *testing.T) {
	refused := errors.New("refused")
	for _, class := range []Class{Permanent, Unknown} {
		t.Run(class.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				e := exportertest.New(exportertest.WithDelay(time.Millisecond))
				e.FailNext(1000, refused)
				p := start(t, e, WithExportMaxBatchSize(10), WithExportInterval(time.Hour), WithFallback(nil),
					WithRetry(RetryConfig{Classify: func(error) Class { return class }}))
				emit(p, log.SeverityInfo, bodyRange(0, 200)...)
				begun := time.Now()
				if err := p.ForceFlush(t.Context()); !errors.Is(err, refused) {
					t.Errorf("flush returns %v", err)
				}
				if took := time.Since(begun); took > 10*time.Second {
					t.Errorf("flush took %v", took)
				}
				wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 200})
			})
		})
	}
}

// A flush whose context ends returns the failures so far.
func TestFlushWithoutTimeReturnsWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		refused := errors.New("refused")
		e := exportertest.New(exportertest.WithDelay(time.Second))
		e.FailNext(1, refused)
		p := start(t, e, once, WithExportMaxBatchSize(10), WithFallback(nil))
		emit(p, log.SeverityInfo, bodyRange(0, 30)...)
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		if err := p.ForceFlush(ctx); !errors.Is(err, refused) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("flush returns %v", err)
		}
	})
}

// A Classify that ends its goroutine, as t.Fatal does, does not cost a batch.
func TestClassifyThatEndsItsGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New()
		e.FailNext(1, errors.New("refused"))
		p := start(t, e, WithFallback(nil), WithRetry(RetryConfig{Classify: func(error) Class {
			runtime.Goexit()
			return Permanent
		}}))
		emit(p, log.SeverityInfo, bodyRange(0, 4)...)
		_ = p.ForceFlush(t.Context())
		time.Sleep(time.Minute)
		wantBodies(t, e, bodyRange(0, 4))
	})
}
