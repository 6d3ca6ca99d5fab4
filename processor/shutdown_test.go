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

func TestShutdownExportsAllThatIsQueued(t *testing.T) {
	exportertest.NoLeaks(t)
	for name, opts := range map[string][]Option{
		"one batch":     nil,
		"batches":       {WithExportMaxBatchSize(7)},
		"single":        {WithExportMaxBatchSize(1)},
		"drop oldest":   {WithOverflow(DropOldest), WithExportMaxBatchSize(7)},
		"drop lowest":   {WithOverflow(DropLowest), WithExportMaxBatchSize(7)},
		"block":         {WithOverflow(Block(time.Hour)), WithExportMaxBatchSize(7)},
		"synchronously": {WithSynchronous()},
	} {
		t.Run(name, func(t *testing.T) {
			e := exportertest.New()
			p := start(t, e, append(opts, WithExportInterval(time.Hour))...)
			emit(p, log.SeverityInfo, bodyRange(0, 100)...)
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			wantBodies(t, e, bodyRange(0, 100))
			if s := p.Stats(); s.Exported != 100 || s.Queued != 0 || s.InFlight != 0 {
				t.Errorf("%+v, want 100 exported and nothing left", s)
			}
		})
	}
}

func TestShutdownCallsExportThenForceFlushThenShutdown(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			captureErrors(t)
			var calls []string // the exporter's turn orders the calls
			note := func(what string, err error) error {
				calls = append(calls, what)
				return err
			}
			e := &odd{
				Exporter: exportertest.New(),
				export:   func(context.Context, []sdklog.Record) error { return note("Export", errExport) },
				flush:    func(context.Context) error { return note("ForceFlush", errFlush) },
				shutdown: func(context.Context) error { return note("Shutdown", errShutdown) },
			}
			p := start(t, e, append(opts, WithExportInterval(time.Hour))...)
			emit(p, log.SeverityInfo, "a")
			err := p.Shutdown(t.Context())
			if want := []string{"Export", "ForceFlush", "Shutdown"}; !slices.Equal(calls, want) {
				t.Errorf("calls %v, want %v", calls, want)
			}
			if !errors.Is(err, errFlush) || !errors.Is(err, errShutdown) {
				t.Errorf("error %v, want the errors of ForceFlush and Shutdown in it", err)
			}
			// In synchronous mode the export failed before the shutdown.
			lost, ok := errors.AsType[*ShutdownError](err)
			if queued := name == "queue"; ok != queued || errors.Is(err, errExport) != queued {
				t.Errorf("error %v: losses %v, export error %t", err, lost, errors.Is(err, errExport))
			}
		})
	}
}

func TestShutdownErrorContainsWhatTheShutdownLost(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		p, e, release := blocked(t, 4, 2, WithFallback(nil))
		// Lost before the shutdown: the queue was full.
		emit(p, log.SeverityWarn, bodyRange(2, 6)...)
		emit(p, log.SeverityFatal, "too many", "too many")
		e.FailNext(1, errExport)
		time.AfterFunc(time.Second, release)
		err := p.Shutdown(t.Context())
		lost, ok := errors.AsType[*ShutdownError](err)
		if !ok || !errors.Is(err, errExport) {
			t.Fatalf("error %v, want a ShutdownError with %v", err, errExport)
		}
		// The two in flight were delivered; of the two batches behind, one failed.
		if want := []Drop{{ReasonExportFailed, log.SeverityWarn, 2}}; !slices.Equal(lost.Lost, want) || lost.Total() != 2 {
			t.Errorf("lost %v, in all %d; want %v", lost.Lost, lost.Total(), want)
		}
		wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityWarn, 2}, Drop{ReasonQueueFull, log.SeverityFatal, 2})
	})
}

func TestShutdownErrorIsReadable(t *testing.T) {
	for _, tc := range []struct {
		err  *ShutdownError
		want string
	}{
		{
			&ShutdownError{Lost: []Drop{{ReasonExportFailed, log.SeverityError, 1}}},
			"asynclog: shutdown lost 1 record (export_failed: 1 ERROR)",
		},
		{
			&ShutdownError{
				Lost: []Drop{
					{ReasonExportTimeout, log.SeverityUndefined, 4},
					{ReasonShutdownTimeout, log.SeverityDebug, 2},
					{ReasonShutdownTimeout, log.SeverityInfo, 10},
				},
				Err: context.DeadlineExceeded,
			},
			"asynclog: shutdown lost 16 records (export_timeout: 4 UNDEFINED; shutdown_timeout: 2 DEBUG, 10 INFO): context deadline exceeded",
		},
	} {
		if got := tc.err.Error(); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}

func TestShutdownThatLosesNothingHasNoShutdownError(t *testing.T) {
	e := exportertest.New()
	e.SetShutdownError(errShutdown)
	p := start(t, e)
	emit(p, log.SeverityInfo, "a")
	err := p.Shutdown(t.Context())
	if _, ok := errors.AsType[*ShutdownError](err); ok || !errors.Is(err, errShutdown) {
		t.Errorf("error %v, want that of the exporter's Shutdown and no ShutdownError", err)
	}
}

func TestShutdownAgainDoesNothing(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			e := exportertest.New()
			e.SetShutdownError(errShutdown)
			p := start(t, e, opts...)
			if err := p.Shutdown(t.Context()); !errors.Is(err, errShutdown) {
				t.Errorf("error %v, want %v", err, errShutdown)
			}
			for range 3 {
				if err := p.Shutdown(t.Context()); err != nil {
					t.Errorf("another Shutdown: %v", err)
				}
			}
			if e.Shutdowns() != 1 || e.ForceFlushes() != 1 {
				t.Errorf("%d shutdowns and %d flushes of the exporter, want 1 and 1", e.Shutdowns(), e.ForceFlushes())
			}
		})
	}
}

func TestOnEmitAfterShutdownIsCounted(t *testing.T) {
	for name, opts := range modes {
		for _, policy := range []Overflow{DropNewest, DropOldest, DropLowest, Block(time.Hour)} {
			t.Run(name+"/"+policy.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e := exportertest.New()
					p := start(t, e, append(opts, WithFallback(nil), WithOverflow(policy))...)
					emit(p, log.SeverityInfo, "a")
					if err := p.Shutdown(t.Context()); err != nil {
						t.Error(err)
					}
					began := time.Now()
					emit(p, log.SeverityInfo2, "b", "c")
					emit(p, log.SeverityError, "d")
					if took := time.Since(began); took != 0 {
						t.Errorf("took %v", took)
					}
					wantDropped(
						t, p,
						Drop{ReasonAlreadyShutdown, log.SeverityInfo, 2}, Drop{ReasonAlreadyShutdown, log.SeverityError, 1},
					)
					wantBodies(t, e, []string{"a"})
				})
			})
		}
	}
}

func TestShutdownLeavesNoGoroutine(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			captureErrors(t)
			exportertest.NoLeaks(t)
			var more []sdklog.Exporter
			for range 19 {
				more = append(more, exportertest.New())
			}
			e := exportertest.New()
			e.FailNext(3, errExport) // reports, and a fallback, on goroutines of their own
			p := start(t, e, append(opts, WithExporters(more...), WithExportMaxBatchSize(1), WithDropHook(func(Drop) {}), WithFallback(discardWriter{}))...)
			for i := range 200 {
				emit(p, log.Severity(1+i%24), body(i))
			}
			_ = p.ForceFlush(t.Context())
			_ = p.Shutdown(t.Context())
			// Not until the test's cleanup: what is left now is left for good.
			if got := len(p.Stats().Exporters); got != 20 {
				t.Errorf("%d exporters, want 20", got)
			}
		})
	}
}

type discardWriter struct{}

func (discardWriter) Write(b []byte) (int, error) { return len(b), nil }

func TestShutdownOfTwentyExporters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var exporters []*exportertest.Exporter
		var more []sdklog.Exporter
		for i := range 20 {
			e := exportertest.New(exportertest.WithDelay(time.Second))
			exporters = append(exporters, e)
			if i > 0 {
				more = append(more, e)
			}
		}
		p := start(t, exporters[0], WithExporters(more...), WithExportMaxBatchSize(1))
		emit(p, log.SeverityInfo, bodyRange(0, 40)...)
		began := time.Now()
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		// Two records for each exporter, all at the same time.
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("took %v, want 2s", took)
		}
		for i, e := range exporters {
			if e.RecordsTaken() != 2 || e.Shutdowns() != 1 || e.ForceFlushes() != 1 {
				t.Errorf("exporter %d: %d records, %d shutdowns, %d flushes; want 2, 1, 1",
					i, e.RecordsTaken(), e.Shutdowns(), e.ForceFlushes())
			}
		}
	})
}

// Everything at once: each call returns, and each record ends in one place.
func TestShutdownConcurrentSafe(t *testing.T) {
	for name, opts := range modes {
		for _, policy := range []Overflow{DropNewest, DropOldest, DropLowest, Block(time.Minute)} {
			t.Run(fmt.Sprint(name, "/", policy), func(t *testing.T) {
				exportertest.NoLeaks(t)
				e, other := exportertest.New(), exportertest.New()
				p := start(t, e, append(opts,
					WithOverflow(policy), WithExporters(other), WithFallback(nil),
					WithMaxQueueSize(32), WithExportMaxBatchSize(4),
				)...)
				const goroutines, each = 8, 100
				var wg sync.WaitGroup
				half := make(chan struct{}, goroutines)
				for g := range goroutines {
					wg.Go(func() {
						for i := range each {
							if i == each/2 {
								half <- struct{}{}
							}
							emit(p, log.Severity(1+i%24), body(g*each+i))
						}
					})
					wg.Go(func() {
						for range 5 {
							if err := p.ForceFlush(t.Context()); err != nil {
								t.Error(err)
							}
						}
					})
				}
				<-half
				for range 4 {
					wg.Go(func() {
						if err := p.Shutdown(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				s := p.Stats()
				if s.Emitted != goroutines*each || s.Exported != uint64(e.RecordsTaken()+other.RecordsTaken()) {
					t.Errorf("%+v, want %d emitted, and %d exported", s, goroutines*each, e.RecordsTaken()+other.RecordsTaken())
				}
			})
		}
	}
}
