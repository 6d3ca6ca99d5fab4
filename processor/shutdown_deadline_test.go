package processor

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// shutdownWithin shuts the processor down with a timeout, checks that it took no more
// than that and a CancelTimeout for each step, and returns the error.
func shutdownWithin(t *testing.T, p *Processor, d time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	began := time.Now()
	err := p.Shutdown(ctx)
	if took := time.Since(began); took > d+3*usercode.CancelTimeout {
		t.Errorf("Shutdown took %v of %v", took, d)
	}
	return err
}

func wantLost(t *testing.T, err error, want ...Drop) {
	t.Helper()
	lost, ok := errors.AsType[*ShutdownError](err)
	if !ok {
		t.Fatalf("error %v, want a ShutdownError", err)
	}
	if !slices.Equal(lost.Lost, want) {
		t.Errorf("lost %v, want %v", lost.Lost, want)
	}
}

func TestShutdownDeadline(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		defer e.Block()()
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(2), WithExportInterval(time.Hour), WithExportTimeout(time.Hour))
		emit(p, log.SeverityInfo, "a")
		emit(p, log.SeverityError, "b")
		emit(p, log.SeverityDebug, "c", "d", "e")
		emit(p, log.SeverityInfo2, "f")
		emit(p, log.SeverityUndefined, "g")
		synctest.Wait()

		began := time.Now()
		err := shutdownWithin(t, p, 5*time.Second)
		// The exporter returns when its context ends, so there is nothing to wait for.
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("took %v, want 5s", took)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's in it", err)
		}
		want := []Drop{
			{ReasonExportTimeout, log.SeverityInfo, 1},
			{ReasonExportTimeout, log.SeverityError, 1},
			{ReasonShutdownTimeout, log.SeverityUndefined, 1},
			{ReasonShutdownTimeout, log.SeverityDebug, 3},
			{ReasonShutdownTimeout, log.SeverityInfo, 1},
		}
		wantLost(t, err, want...)
		wantDropped(t, p, want...)
		if got := e.Calls()[0].Err; !errors.Is(got, context.Canceled) {
			t.Errorf("the export under way ended with %v, want it cancelled", got)
		}
		if e.Exports() != 1 || e.Shutdowns() != 1 || e.ForceFlushes() != 0 {
			t.Errorf("%d exports, %d shutdowns, %d flushes; want 1, 1, and no flush for want of time", e.Exports(), e.Shutdowns(), e.ForceFlushes())
		}
		if ctx := e.ShutdownContexts()[0]; ctx.Err() == nil {
			t.Error("the exporter's Shutdown was given a context that has not ended")
		}
	})
}

// The exporter's return value decides: records are delivered if it says so in the last
// moment, after its context was cancelled.
func TestExportThatSucceedsWithinTheCancelTimeoutIsExported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDeafness(), exportertest.WithDelay(time.Second+usercode.CancelTimeout/2))
		p := start(t, e, WithExportMaxBatchSize(2), WithExportInterval(time.Hour))
		emit(p, log.SeverityInfo, "a", "b", "c")
		synctest.Wait()
		err := shutdownWithin(t, p, time.Second)
		wantLost(t, err, Drop{ReasonShutdownTimeout, log.SeverityInfo, 1})
		wantBodies(t, e, []string{"a", "b"})
		if s := p.Stats(); s.Exported != 2 {
			t.Errorf("%+v, want 2 exported", s)
		}
	})
}

func TestExportThatHangsIsAbandoned(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDeafness())
		release := e.Block()
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(3), WithExportInterval(time.Hour))
		emit(p, log.SeverityInfo, "a", "b")
		emit(p, log.SeverityFatal, "c")
		emit(p, log.SeverityWarn, "d")
		synctest.Wait()
		err := shutdownWithin(t, p, time.Second)
		want := []Drop{
			{ReasonExportTimeout, log.SeverityInfo, 2},
			{ReasonExportTimeout, log.SeverityFatal, 1},
			{ReasonShutdownTimeout, log.SeverityWarn, 1},
		}
		wantLost(t, err, want...)
		if got := e.Shutdowns(); got != 1 {
			t.Errorf("%d shutdowns of the exporter, want 1, during the export", got)
		}
		s := p.Stats()
		if !s.Balanced() || s.InFlight != 0 || s.Exporters[0].InFlight != 3 {
			t.Errorf("%+v, want everything accounted for, though the exporter still holds 3 records", s)
		}

		// The exporter returns after an hour, and says that they have arrived. They were
		// committed once; that does not change. The double checks that the exporter still
		// had its records, also at the end of the test.
		time.Sleep(time.Hour)
		release()
		synctest.Wait()
		wantBodies(t, e, []string{"a", "b", "c"})
		wantDropped(t, p, want...)
		if s := p.Stats(); s.Exported != 0 || s.Exporters[0].Exported != 0 || s.Exporters[0].InFlight != 0 {
			t.Errorf("%+v, want nothing exported", s)
		}
	})
}

// The same, with an exporter that returns in the very moment in which it is abandoned:
// one of the two commits the batch, and both may read it. Under the race detector this
// also finds memory that one clears while the other reads it.
func TestExportThatReturnsWhenItIsAbandonedConcurrentSafe(t *testing.T) {
	captureErrors(t)
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				synctest.Test(t, func(t *testing.T) {
					e := exportertest.New(exportertest.WithDeafness(), exportertest.WithDelay(time.Second+usercode.CancelTimeout))
					p := start(t, e, append(opts, WithFallback(nil), WithExportMaxBatchSize(1))...)
					go emit(p, log.SeverityWarn, "a")
					synctest.Wait()
					err := shutdownWithin(t, p, time.Second)
					synctest.Wait()
					if p.Stats().Exported == 1 {
						wantDropped(t, p)
						return
					}
					wantDropped(t, p, Drop{ReasonExportTimeout, log.SeverityWarn, 1})
					wantLost(t, err, Drop{ReasonExportTimeout, log.SeverityWarn, 1})
				})
			}
		})
	}
}

func TestCriticalRecordsGoToTheFallbackAtTheDeadline(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		e := exportertest.New(exportertest.WithDeafness())
		release := e.Block()
		p := start(t, e, WithFallback(&lines), WithExportMaxBatchSize(2))
		emit(p, log.SeverityError, "in flight")
		emit(p, log.SeverityInfo, "in flight, too")
		synctest.Wait()
		for range 1000 {
			emit(p, log.SeverityFatal, "queued")
		}
		emit(p, log.SeverityDebug, "queued, too")
		err := shutdownWithin(t, p, time.Second)
		wantLost(t, err, Drop{ReasonExportTimeout, log.SeverityInfo, 1}, Drop{ReasonShutdownTimeout, log.SeverityDebug, 1})
		if s := p.Stats(); s.Fallback != 1001 || strings.Count(lines.String(), "\n") != 1001 {
			t.Errorf("%d in the fallback, %d lines; want 1001", s.Fallback, strings.Count(lines.String(), "\n"))
		}
		release()
	})
}

// A critical record that the fallback cannot write either is counted under the reason
// with which it came.
func TestCriticalRecordsThatTheFallbackRefusesAtTheDeadline(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		refuse := writerFunc(func([]byte) (int, error) { return 0, errExport })
		p, _, release := blocked(t, 4, 1, WithFallback(refuse), WithCriticalSeverity(log.SeverityInfo))
		defer release()
		emit(p, log.SeverityError, "a", "b")
		err := shutdownWithin(t, p, time.Second)
		wantLost(t, err, Drop{ReasonExportTimeout, log.SeverityInfo, 1}, Drop{ReasonShutdownTimeout, log.SeverityError, 2})
	})
}

// The error that the exporter returns when it is cancelled is part of the error.
func TestShutdownErrorHasThatOfTheCancelledExport(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		e := &odd{Exporter: exportertest.New(), export: func(ctx context.Context, _ []sdklog.Record) error {
			<-ctx.Done()
			return errExport
		}}
		p := start(t, e, WithExportMaxBatchSize(1), WithExportTimeout(time.Hour))
		emit(p, log.SeverityInfo, "a", "b")
		err := shutdownWithin(t, p, time.Second)
		wantLost(t, err, Drop{ReasonExportTimeout, log.SeverityInfo, 1}, Drop{ReasonShutdownTimeout, log.SeverityInfo, 1})
		if !errors.Is(err, errExport) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the export's and the context's in it", err)
		}
	})
}

func TestShutdownOfTwentyHungExporters(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		var exporters []*exportertest.Exporter
		var more []sdklog.Exporter
		for i := range 20 {
			e := exportertest.New(exportertest.WithDeafness())
			// An exporter that hangs in Export may as well hang in Shutdown.
			release, releaseShutdown := e.Block(), e.BlockShutdown()
			defer release()
			defer releaseShutdown()
			exporters = append(exporters, e)
			if i > 0 {
				more = append(more, e)
			}
		}
		p := start(t, exporters[0], WithExporters(more...), WithExportMaxBatchSize(1))
		emit(p, log.SeverityInfo, bodyRange(0, 30)...)
		synctest.Wait()
		err := shutdownWithin(t, p, time.Second)
		wantLost(t, err, Drop{ReasonExportTimeout, log.SeverityInfo, 20}, Drop{ReasonShutdownTimeout, log.SeverityInfo, 10})
		for i, e := range exporters {
			if e.Shutdowns() != 1 {
				t.Errorf("exporter %d: %d shutdowns, want 1", i, e.Shutdowns())
			}
		}
	})
}

// One exporter that hangs does not cost the records that others can deliver.
func TestShutdownDrainsPastOneHungExporter(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		hung, good := exportertest.New(exportertest.WithDeafness()), exportertest.New(exportertest.WithDelay(time.Millisecond))
		release := hung.Block()
		p := start(t, hung, WithExporters(good), WithExportMaxBatchSize(1))
		emit(p, log.SeverityInfo, bodyRange(0, 100)...)
		err := shutdownWithin(t, p, time.Second)
		wantLost(t, err, Drop{ReasonExportTimeout, log.SeverityInfo, 1})
		if got := good.RecordsTaken(); got != 99 {
			t.Errorf("%d records exported, want 99", got)
		}
		release()
	})
}

// With a context that has already ended Shutdown does not wait, and everything is
// accounted for. Whether a worker is faster than Shutdown, for a batch or two, is left
// open.
func TestShutdownWithAnEndedContext(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			captureErrors(t)
			synctest.Test(t, func(t *testing.T) {
				exportertest.NoLeaks(t)
				e := exportertest.New()
				p := start(t, e, append(opts, WithFallback(nil), WithExportMaxBatchSize(2), WithExportInterval(time.Hour))...)
				release := e.Block()
				go emit(p, log.SeverityInfo, bodyRange(0, 7)...) // in synchronous mode it waits
				synctest.Wait()
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				began := time.Now()
				err := p.Shutdown(ctx)
				if took := time.Since(began); took != 0 {
					t.Errorf("took %v", took)
				}
				if !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, want the context's", err)
				}
				if got := e.Shutdowns(); got != 1 {
					t.Errorf("%d shutdowns of the exporter, want 1", got)
				}
				release()
				synctest.Wait()
				if s := p.Stats(); s.Emitted != 7 || s.DroppedTotal() != 7 || !s.Balanced() {
					t.Errorf("%+v, want 7 dropped", s)
				}
			})
		})
	}
}

func TestShutdownWithAnEndedContextAndAFreeExporter(t *testing.T) {
	captureErrors(t)
	for range 20 {
		e := exportertest.New()
		p := start(t, e, WithExportMaxBatchSize(2), WithExportInterval(time.Hour))
		emit(p, log.SeverityInfo, bodyRange(0, 7)...)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.Shutdown(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want the context's", err)
		}
		if s := p.Stats(); !s.Balanced() || s.Queued+s.InFlight != 0 || s.Exported != uint64(e.RecordsTaken()) || e.Shutdowns() != 1 {
			t.Errorf("%+v, %d records taken, %d shutdowns", s, e.RecordsTaken(), e.Shutdowns())
		}
	}
}
