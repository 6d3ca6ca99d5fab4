package processor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

var (
	errExport   = errors.New("export")
	errFlush    = errors.New("force flush")
	errShutdown = errors.New("shutdown")
)

func TestForceFlushExportsAllThatWasEmitted(t *testing.T) {
	e := exportertest.New()
	p := start(t, e, WithExportInterval(time.Hour), WithExportMaxBatchSize(4))
	for i := range 30 {
		emit(p, log.SeverityInfo, body(i))
		if i%7 == 0 {
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
			wantBodies(t, e, bodyRange(0, i+1))
		}
	}
	if got := e.ForceFlushes(); got != 5 {
		t.Errorf("%d calls of the exporter's ForceFlush, want 5", got)
	}
}

func TestForceFlushOfNothingCallsTheExportersForceFlush(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			e, other := exportertest.New(), exportertest.New()
			p := start(t, e, append(opts, WithExporters(other))...)
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
			if e.ForceFlushes() != 1 || other.ForceFlushes() != 1 || e.Exports()+other.Exports() != 0 {
				t.Errorf("%d and %d flushes, %d exports; want 1, 1 and 0",
					e.ForceFlushes(), other.ForceFlushes(), e.Exports()+other.Exports())
			}
		})
	}
}

// Each goroutine checks that its own records have arrived when its own flush
// returns, while the others emit and flush.
func TestForceFlushCoversWhatWasEmittedBeforeConcurrentSafe(t *testing.T) {
	const goroutines, rounds, each = 8, 20, 11
	for _, exporters := range []int{1, 3} {
		t.Run(fmt.Sprint("exporters=", exporters), func(t *testing.T) {
			var mu sync.Mutex
			arrived := map[string]bool{}
			var all []sdklog.Exporter
			for range exporters {
				all = append(all, exportertest.New(exportertest.WithFunc(func(_ context.Context, records []sdklog.Record) error {
					mu.Lock()
					defer mu.Unlock()
					for i := range records {
						arrived[records[i].Body().AsString()] = true
					}
					return nil
				})))
			}
			p := start(
				t, all[0], WithExporters(all[1:]...),
				WithExportInterval(time.Hour), WithExportMaxBatchSize(16), WithMaxQueueSize(1<<14),
			)
			var wg sync.WaitGroup
			for g := range goroutines {
				wg.Go(func() {
					for round := range rounds {
						var mine []string
						for i := range each {
							mine = append(mine, fmt.Sprint(g, " ", round, " ", i))
						}
						emit(p, log.SeverityInfo, mine...)
						if err := p.ForceFlush(context.Background()); err != nil {
							t.Error(err)
						}
						mu.Lock()
						for _, b := range mine {
							if !arrived[b] {
								t.Errorf("%q was emitted before the flush, and has not arrived after it", b)
							}
						}
						mu.Unlock()
					}
				})
			}
			wg.Wait()
		})
	}
}

// A flush waits for what exporters hold already, too: the result of their exports is
// still open.
func TestForceFlushWaitsForExportsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDelay(5 * time.Second))
		p := start(t, e, WithExportMaxBatchSize(2), WithExportInterval(time.Hour))
		emit(p, log.SeverityInfo, "a", "b")
		synctest.Wait()
		began := time.Now()
		if err := p.ForceFlush(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("took %v, want 5s", took)
		}
		wantExported(t, e, 2)
	})
}

// A flush does not wait for records that are emitted after it began: under load it would
// never end.
func TestForceFlushDoesNotWaitForLaterRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDelay(time.Second))
		p := start(t, e, WithExportMaxBatchSize(1), WithExportInterval(time.Hour))
		emit(p, log.SeverityInfo, "a", "b")
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(100 * time.Millisecond):
					emit(p, log.SeverityInfo, body(i))
				}
			}
		}()
		began := time.Now()
		if err := p.ForceFlush(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("took %v for two exports of a second", took)
		}
	})
}

func TestForceFlushReturnsAtItsDeadlineAndCancelsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		release := e.Block()
		p := start(t, e, WithExportInterval(time.Hour), WithExportTimeout(time.Hour))
		emit(p, log.SeverityInfo, "a")
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		if err := p.ForceFlush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's", err)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("took %v, want 3s", took)
		}
		if got := e.ForceFlushes(); got != 0 {
			t.Errorf("%d calls of the exporter's ForceFlush, which could not have flushed the record", got)
		}
		time.Sleep(time.Minute)
		if err := e.ExportContexts()[0].Err(); err != nil {
			t.Errorf("the export's context has ended: %v", err)
		}
		release()
		wantExported(t, e, 1)
	})
}

func TestForceFlushWithAnEndedContextCallsNothing(t *testing.T) {
	for name, opts := range modes {
		for _, records := range []int{0, 1} {
			t.Run(fmt.Sprint(name, "/records=", records), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e := exportertest.New()
					p := start(t, e, append(opts, WithExportInterval(time.Hour))...)
					emit(p, log.SeverityInfo, bodyRange(0, records)...)
					before := e.Exports() // in synchronous mode the record is already exported
					ctx, cancel := context.WithCancel(t.Context())
					cancel()
					for range 20 {
						if err := p.ForceFlush(ctx); !errors.Is(err, context.Canceled) {
							t.Errorf("error %v, want the context's", err)
						}
					}
					synctest.Wait()
					if e.Exports() != before || e.ForceFlushes() != 0 {
						t.Errorf("%d exports and %d flushes, want none", e.Exports()-before, e.ForceFlushes())
					}
				})
			})
		}
	}
}

func TestForceFlushReturnsAllErrors(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		first, second := errors.New("first export"), errors.New("second export")
		e := exportertest.New()
		p := start(t, e, once, WithExportMaxBatchSize(1), WithExportInterval(time.Hour))
		e.FailNext(1, first)
		e.FailNext(1, second)
		e.SetForceFlushError(errFlush)
		release := e.Block()
		emit(p, log.SeverityInfo, "a", "b", "c")
		errs := make(chan error)
		go func() { errs <- p.ForceFlush(t.Context()) }()
		synctest.Wait()
		release()
		err := <-errs
		for _, want := range []error{first, second, errFlush} {
			if !errors.Is(err, want) {
				t.Errorf("error %v does not have %v", err, want)
			}
		}
		wantBodies(t, e, []string{"c"})
		// It is reported once.
		if err := p.ForceFlush(t.Context()); errors.Is(err, first) || errors.Is(err, second) || !errors.Is(err, errFlush) {
			t.Errorf("the next flush returned %v, want %v", err, errFlush)
		}
	})
}

// Records that are pending in the fallback are flushed, too, as long as its writer makes
// progress.
func TestForceFlushWaitsForTheFallback(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		written := 0
		slow := writerFunc(func(b []byte) (int, error) {
			time.Sleep(300 * time.Millisecond)
			written++
			return len(b), nil
		})
		e := exportertest.New()
		e.FailNext(10, errExport) // critical records may be exported in several batches
		p := start(t, e, once, WithFallback(slow), WithExportMaxBatchSize(10), WithExportInterval(time.Hour))
		emit(p, log.SeverityError, bodyRange(0, 10)...)
		synctest.Wait()
		if err := p.ForceFlush(t.Context()); err != nil {
			t.Error(err)
		}
		if s := p.Stats(); written != 10 || s.Fallback != 10 || s.InFlight != 0 {
			t.Errorf("%d written, %+v; want 10 in the fallback", written, s)
		}
	})
}

func TestForceFlushOfSeveralExportersJoinsTheirErrors(t *testing.T) {
	var exporters []sdklog.Exporter
	var want []error
	for i := range 3 {
		e := exportertest.New()
		want = append(want, fmt.Errorf("exporter %d", i))
		e.SetForceFlushError(want[i])
		exporters = append(exporters, e)
	}
	p := start(t, exporters[0], WithExporters(exporters[1:]...))
	err := p.ForceFlush(t.Context())
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Errorf("error %v does not have %v", err, w)
		}
	}
}

func TestForceFlushAfterShutdownDoesNothing(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			e := exportertest.New()
			p := start(t, e, opts...)
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			e.SetForceFlushError(errFlush)
			before := e.ForceFlushes()
			emit(p, log.SeverityInfo, "late")
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Errorf("error %v, want none", err)
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			if err := p.ForceFlush(ended); err != nil {
				t.Errorf("with an ended context: error %v, want none", err)
			}
			if got := e.ForceFlushes(); got != before {
				t.Errorf("%d calls of the exporter's ForceFlush, want none", got-before)
			}
		})
	}
}

// A flush that waits when Shutdown begins ends with it, even if its context does not end.
func TestForceFlushEndsWithShutdown(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDeafness())
		release := e.Block()
		p := start(t, e, WithExportMaxBatchSize(1), WithExportInterval(time.Hour))
		emit(p, log.SeverityInfo, "a", "b", "c")
		synctest.Wait()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = p.ForceFlush(t.Context())
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Shutdown(ctx); err == nil {
			t.Error("no error of a shutdown that lost three records")
		}
		release()
		synctest.Wait()
		select {
		case <-ended:
		default:
			t.Error("the flush still waits after Shutdown")
		}
	})
}

func TestForceFlushConcurrentSafe(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			e := exportertest.New()
			p := start(t, e, append(opts, WithExportMaxBatchSize(3), WithMaxQueueSize(1<<14))...)
			var wg sync.WaitGroup
			for g := range 16 {
				wg.Go(func() {
					for i := range 20 {
						emit(p, log.SeverityInfo, body(g*20+i))
						if err := p.ForceFlush(t.Context()); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			got := e.Bodies()
			slices.Sort(got)
			if got = slices.Compact(got); len(got) != 16*20 {
				t.Errorf("%d different records exported, want %d", len(got), 16*20)
			}
		})
	}
}
