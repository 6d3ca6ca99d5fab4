package processor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// Shutdown does not wait for pauses. Each batch gets one more attempt, and its records
// are lost for the reason of that failure.
func TestShutdownInAnOutage(t *testing.T) {
	for name, tc := range map[string]struct {
		err error
		why Reason
	}{
		"away": {errAway, ReasonExportFailed}, "strange": {errStrange, ReasonExportFailed}, "late": {context.DeadlineExceeded, ReasonExportTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				e := failing(tc.err)
				var lines strings.Builder
				p := start(t, e, WithFallback(&lines), WithExportMaxBatchSize(10), WithRetry(RetryConfig{MaxUnknownAttempts: 1000}))
				emit(p, log.SeverityInfo, bodyRange(0, 995)...)
				emit(p, log.SeverityError, bodyRange(995, 1000)...)
				time.Sleep(time.Minute)
				before, begun := e.Exports(), time.Now()
				err := p.Shutdown(t.Context())
				if took := time.Since(begun); took != 0 {
					t.Errorf("shutdown took %v", took)
				}
				if got := e.Exports() - before; got != 100 {
					t.Errorf("%d exports of a hundred batches", got)
				}
				if lost, ok := errors.AsType[*ShutdownError](err); !ok || lost.Total() != 995 || !errors.Is(err, tc.err) {
					t.Errorf("shutdown returns %v", err)
				}
				wantDropped(t, p, Drop{tc.why, log.SeverityInfo, 995})
				wantLines(t, []byte(lines.String()), bodyRange(995, 1000)...)
			})
		})
	}
}

// At the end of Shutdown's context, records that were never tried are known to be lost,
// as shutdown_timeout; records that were tried are lost for the reason of their failure.
func TestShutdownInAnOutageHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New(exportertest.WithDelay(2*time.Second), exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
			return errAway
		}))
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(10))
		emit(p, log.SeverityInfo, bodyRange(0, 50)...)
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begun := time.Now()
		err := p.Shutdown(ctx)
		if took := time.Since(begun); took != 5*time.Second {
			t.Errorf("shutdown took %v", took)
		}
		if lost, ok := errors.AsType[*ShutdownError](err); !ok || lost.Total() != 50 {
			t.Errorf("shutdown returns %v", err)
		}
		// The last attempts of one or two batches had ended, one was under way. An
		// attempt that was under way when Shutdown began was not the last one of its
		// batch.
		s := p.Stats()
		counts := map[Reason]uint64{}
		for _, d := range s.Dropped {
			counts[d.Reason] += d.Count
		}
		if counts[ReasonExportFailed] < 10 || counts[ReasonExportTimeout] != 10 || counts[ReasonShutdownTimeout] < 10 || s.DroppedTotal() != 50 {
			t.Errorf("%v", counts)
		}
	})
}

// A batch that waits for a retry when Shutdown's time is up.
func TestShutdownWithoutTimeInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		p := start(t, failing(errAway), WithFallback(nil), WithExportMaxBatchSize(10))
		emit(p, log.SeverityInfo, bodyRange(0, 20)...)
		time.Sleep(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = p.Shutdown(ctx)
		s := p.Stats()
		if len(s.Dropped) == 0 || s.DroppedTotal() != 20 {
			t.Errorf("%+v", s)
		}
		for _, d := range s.Dropped {
			if d.Reason == ReasonShutdownTimeout && d.Count != 10 {
				t.Errorf("%v, want those that were never tried", d)
			}
		}
	})
}

// A batch that one exporter does not deliver is exported by another, to the end.
func TestShutdownWithOneExporterThatFails(t *testing.T) {
	for _, overflow := range []Overflow{DropNewest, DropOldest, DropLowest} {
		t.Run(fmt.Sprint(overflow), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				all := []*exportertest.Exporter{
					exportertest.New(exportertest.WithDelay(time.Second)), failing(errAway, exportertest.WithDelay(2500*time.Millisecond)),
				}
				p := startWith(t, all, WithOverflow(overflow), WithExportMaxBatchSize(5), WithExportInterval(time.Hour), WithMaxQueueSize(1000))
				emit(p, log.SeverityInfo, bodyRange(0, 20)...)
				if err := p.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				wantEachOnce(t, all, bodyRange(0, 20))
				synctest.Wait()
				if left := processorGoroutines(); len(left) != 0 {
					t.Errorf("left behind: %s", left)
				}
			})
		})
	}
}

// A batch whose turn for a retry does not come before Shutdown's time is up, because a
// ForceFlush blocks the exporter, is lost for the reason of its failure.
func TestShutdownOfABatchThatWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := failing(errAway, exportertest.WithDeafness())
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(10))
		emit(p, log.SeverityInfo, bodyRange(0, 10)...)
		synctest.Wait()
		defer e.BlockForceFlush()()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		go func() { _ = p.ForceFlush(ctx) }()
		time.Sleep(time.Minute)
		if s := p.Stats(); s.InFlight != 10 {
			t.Fatalf("%+v, want the batch with its worker", s)
		}
		_ = p.Shutdown(ctx)
		wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 10})
	})
}
