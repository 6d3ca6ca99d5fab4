package processor

import (
	"context"
	"errors"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// blockAll makes every exporter hold a batch of records, and returns the functions that
// release them.
func blockAll(t *testing.T, p *Processor, all []*exportertest.Exporter) (release []func()) {
	t.Helper()
	for _, e := range all {
		r := e.Block()
		t.Cleanup(r)
		release = append(release, r)
	}
	for range all {
		emit(p, log.SeverityInfo, bodyRange(0, p.queue.BatchSize())...)
		synctest.Wait()
	}
	return release
}

// An exporter that hangs holds its worker and one batch, and no others.
func TestHangingExporterHoldsOnlyItsWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := exporters(3, exportertest.WithDeafness())
		p := startWith(t, all, WithExportMaxBatchSize(2), WithExportTimeout(time.Second))
		release := blockAll(t, p, all)
		release[0]()
		release[2]()
		synctest.Wait()
		before := p.Stats()
		begun := time.Now()
		for range 100 {
			emit(p, log.SeverityInfo, "a", "b")
			synctest.Wait()
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("the others took %v", took)
		}
		s := p.Stats()
		if s.Exported-before.Exported != 200 || s.InFlight != 2 || s.Queued != 0 || s.Exporters[1].InFlight != 2 || !s.Balanced() {
			t.Errorf("%+v, want all exported but the batch that hangs", s)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := p.ForceFlush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("flush returns %v", err)
		}
		release[1]() // it was late, and has succeeded
		if err := p.ForceFlush(t.Context()); err != nil {
			t.Error(err)
		}
		if s := p.Stats(); s.Exported != s.Emitted || s.InFlight != 0 {
			t.Errorf("%+v, want all exported", s)
		}
	})
}

// One exporter hangs and counts as healthy, the other fails: it is retried every five
// seconds at least, and everything goes on when it has recovered.
func TestFailingExporterWhileAnotherHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		all := exporters(2)
		p := startWith(t, all, WithExportMaxBatchSize(1), WithMaxQueueSize(1000))
		release := blockAll(t, p, all)
		all[1].FailNext(15, syscall.ECONNREFUSED)
		release[1]()
		for range 500 {
			emit(p, log.SeverityInfo, "x")
		}
		time.Sleep(time.Minute)
		calls := all[1].Calls()
		for i := 2; i < 17; i++ { // the first was held, the second is the first to fail
			if pause := calls[i].Begun.Sub(calls[i-1].Ended); pause <= 0 || pause > defaultMaxInterval {
				t.Errorf("pause %d took %v", i-1, pause)
			}
		}
		if s := p.Stats(); s.Queued != 0 || s.DroppedTotal() != 0 || s.Exporters[1].Failures != 15 {
			t.Errorf("%+v, want all exported after it has recovered", s)
		}
		release[0]()
	})
}

// A worker that pauses does not delay Shutdown: there is nothing left for it.
func TestShutdownDoesNotWaitForAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		all := exporters(3, exportertest.WithDelay(10*time.Millisecond), exportertest.WithoutRecords())
		all[0].SetDelay(0)
		all[0].FailNext(1000, errors.New("refused"))
		p := startWith(t, all, WithExportMaxBatchSize(1), WithMaxQueueSize(10_000))
		for range 1000 {
			emit(p, log.SeverityInfo, "x", "y")
			time.Sleep(10 * time.Millisecond)
		}
		emit(p, log.SeverityInfo, bodyRange(0, 20)...)
		begun := time.Now()
		_ = p.Shutdown(t.Context())
		if took := time.Since(begun); took > 200*time.Millisecond {
			t.Errorf("shutdown took %v, want that of ten exports or so", took)
		}
		synctest.Wait()
		if left := processorGoroutines(); len(left) != 0 {
			t.Errorf("left behind: %s", left)
		}
	})
}

// An exporter that ends the goroutine on which it is called (a test's FailNow does) costs
// one batch, and neither its worker nor another.
func TestExporterThatEndsItsGoroutine(t *testing.T) {
	for name, opts := range map[string][]Option{
		"one":         nil,
		"two":         {WithExporters(exportertest.New())},
		"synchronous": {WithSynchronous()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				errs := captureErrors(t)
				e := exportertest.New(exportertest.WithFunc(func(_ context.Context, records []sdklog.Record) error {
					if records[0].Body().AsString() == "end" {
						runtime.Goexit()
					}
					return nil
				}))
				p := start(t, e, append(opts, WithFallback(nil), WithExportMaxBatchSize(1))...)
				ended := 0
				for _, text := range []string{"a", "end", "end", "b", "end", "c"} {
					before := e.Exports()
					done := make(chan struct{})
					go func() { // which it may end in synchronous mode
						defer close(done)
						emit(p, log.SeverityInfo, text)
					}()
					<-done
					synctest.Wait()
					if text == "end" && e.Exports() > before { // and not those of the other exporter
						ended++
					}
				}
				if err := p.ForceFlush(t.Context()); err != nil {
					t.Error(err)
				}
				s := p.Stats()
				if s.DroppedTotal() != uint64(ended) || s.Exported != uint64(6-ended) || s.InFlight != 0 || name != "two" && ended != 3 {
					t.Errorf("%+v after %d ends, want the others exported", s, ended)
				}
				if ended > 0 {
					wantDropped(t, p, Drop{ReasonExportPanic, log.SeverityInfo, uint64(ended)})
				}
				if x := s.Exporters[0]; x.Failures != uint64(ended) || x.Exports != uint64(e.Exports()) || x.InFlight != 0 {
					t.Errorf("%+v, want %d failures", x, ended)
				}
				synctest.Wait()
				if got := errs.matching(usercode.ErrPanic); len(got) != min(ended, 1) {
					t.Errorf("reported %v, want one of %d that say the same", errs.all(), ended)
				}
				if err := p.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				synctest.Wait()
				if left := processorGoroutines(); len(left) != 0 {
					t.Errorf("left behind: %s", left)
				}
			})
		})
	}
}

// A panic or the end of the goroutine in the last export must not make Shutdown wait for
// a worker that does not exist any more.
func TestExporterThatEndsItsGoroutineDuringShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New(exportertest.WithDelay(time.Second), exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
			runtime.Goexit()
			return nil
		}))
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(1))
		emit(p, log.SeverityInfo, "a", "b", "c")
		begun := time.Now()
		err := p.Shutdown(t.Context())
		if took := time.Since(begun); took.Round(time.Millisecond) != 3*time.Second {
			t.Errorf("shutdown took %v, want 3s", took)
		}
		var lost *ShutdownError
		if !errors.As(err, &lost) || lost.Total() != 3 || !errors.Is(err, usercode.ErrPanic) {
			t.Errorf("shutdown returns %v, want three records lost to a panic", err)
		}
		wantDropped(t, p, Drop{ReasonExportPanic, log.SeverityInfo, 3})
	})
}

// A critical record, ExportNow and ForceFlush wake a free worker up even if others hang.
func TestWakingAWorkerWhileOthersHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := exporters(3)
		p := startWith(t, all, WithExportMaxBatchSize(100), WithExportInterval(time.Hour))
		blockAll(t, p, all)[2]()
		synctest.Wait()
		before := all[2].RecordsTaken()
		emit(p, log.SeverityInfo, "a")
		emit(p, log.SeverityError, "b")
		synctest.Wait()
		if got := all[2].RecordsTaken() - before; got != 2 {
			t.Errorf("%d records after a critical one, want 2", got)
		}
		emit(p, log.SeverityInfo, "c")
		p.ExportNow()
		synctest.Wait()
		if got := all[2].RecordsTaken() - before; got != 3 {
			t.Errorf("%d records after ExportNow, want 3", got)
		}
	})
}
