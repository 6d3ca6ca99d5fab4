package processor

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// A batch that comes back while Shutdown drains a full queue displaces nothing: there are
// no new records that could take its capacity.
func TestShutdownOfAFullQueueInAnOutage(t *testing.T) {
	for _, policy := range []Overflow{DropNewest, DropOldest, DropLowest, Block(time.Second)} {
		t.Run(policy.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				e := exportertest.New(exportertest.WithDelay(time.Second))
				e.FailNext(1, errAway)
				p := start(t, e, WithOverflow(policy), WithMaxQueueSize(32), WithExportMaxBatchSize(16), WithFallback(nil))
				emit(p, log.SeverityInfo, bodyRange(0, 16)...)
				synctest.Wait()
				emit(p, log.SeverityInfo, bodyRange(16, 48)...)
				if err := p.Shutdown(t.Context()); err != nil {
					t.Errorf("shutdown: %v", err)
				}
				wantBodies(t, e, bodyRange(0, 48))
			})
		})
	}
}

// Records that were displaced before Shutdown are not among those that Shutdown lost,
// even if they are counted only then.
func TestShutdownDoesNotReportEarlierDisplacements(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var up atomic.Bool
		e := exportertest.New(exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
			if !up.Load() {
				return errAway
			}
			return nil
		}))
		p := start(t, e, WithOverflow(DropOldest), WithMaxQueueSize(32), WithExportMaxBatchSize(16), WithExportInterval(time.Hour),
			WithRetry(RetryConfig{InitialInterval: time.Hour, MaxInterval: time.Hour, MaxElapsedTime: 100 * time.Hour}), WithFallback(nil))
		emit(p, log.SeverityInfo, bodyRange(0, 16)...)
		synctest.Wait()
		emit(p, log.SeverityInfo, bodyRange(16, 40)...) // eight of the first are displaced
		up.Store(true)
		if err := p.Shutdown(t.Context()); err != nil {
			t.Errorf("shutdown lost nothing, but: %v", err)
		}
		if s := p.Stats(); s.Exported != 32 || s.DroppedTotal() != 8 {
			t.Errorf("%+v", s)
		}
	})
}

// A ForceFlush that does not return blocks its own exporter only, even if none has worked
// for a while: the others find the end of the outage.
func TestHungForceFlushInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var up atomic.Bool
		export := exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
			if !up.Load() {
				return errAway
			}
			return nil
		})
		hold := make(chan struct{})
		a := stuckFlush{exportertest.New(export), hold}
		b := exportertest.New(export, exportertest.WithDelay(time.Millisecond))
		p := start(t, a, WithExporters(b), WithExportMaxBatchSize(8), WithFallback(nil))
		emit(p, log.SeverityInfo, bodyRange(0, 64)...)
		time.Sleep(20 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_ = p.ForceFlush(ctx)
		up.Store(true)
		time.Sleep(4 * time.Minute)
		if s := p.Stats(); s.Exported < 48 {
			t.Errorf("four minutes after the outage: %+v", s)
		}
		close(hold)
	})
}

// stuckFlush is an exporter whose ForceFlush ignores the end of its context.
type stuckFlush struct {
	*exportertest.Exporter
	hold chan struct{}
}

func (e stuckFlush) ForceFlush(context.Context) error {
	<-e.hold
	return nil
}

// In a batch that is exported in parts, records that the exporter never got are not among
// those that may have arrived.
func TestShutdownWhileAPartHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		hold := make(chan struct{})
		given := 0
		e := exportertest.New(exportertest.WithFunc(func(_ context.Context, records []sdklog.Record) error {
			given += len(records)
			<-hold
			return nil
		}))
		p := start(t, e, WithExportMaxBatchSize(4), WithExportMaxBatchBytes(1500), WithFallback(nil))
		large := strings.Repeat("x", 1000)
		emit(p, log.SeverityInfo, large, large, large, large)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_ = p.Shutdown(ctx)
		if given != 1 {
			t.Fatalf("the exporter was given %d records", given)
		}
		wantDropped(t, p, Drop{ReasonExportTimeout, log.SeverityInfo, 1}, Drop{ReasonShutdownTimeout, log.SeverityInfo, 3})
		close(hold)
	})
}

// Stats shows that the queue is full, even if some of its capacity is reserved.
func TestStatsReserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New(exportertest.WithDelay(10*time.Second), exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
			return errAway
		}))
		p := start(t, e, WithMaxQueueSize(32), WithExportMaxBatchSize(16), WithFallback(nil))
		emit(p, log.SeverityInfo, bodyRange(0, 16)...)
		time.Sleep(15 * time.Second) // it has failed, and is retried
		emit(p, log.SeverityInfo, bodyRange(16, 48)...)
		if s := p.Stats(); s.Queued != 16 || s.Reserved != 16 || s.InFlight != 16 || s.DroppedTotal() != 16 {
			t.Errorf("%+v", s)
		}
	})
}
