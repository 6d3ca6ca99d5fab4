package processor

import (
	"context"
	"errors"
	stdlog "log"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/report"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// OpenTelemetry's default handler is log.Print. With the standard logger routed
// into the pipeline, each report is another record, whose export fails, too; and
// the standard logger holds a lock while it writes, so a report made by anybody
// who holds up the writer would wait for itself.
//
// In a process of its own, because the default handler cannot be had again once
// another was set.
func TestHandlerThatLogsIntoTheProcessorDoesNotDeadlock(t *testing.T) {
	if !inChild() {
		runChild(t)
		return
	}
	for name, opts := range map[string][]Option{
		"queue":       nil,
		"full queue":  {WithMaxQueueSize(1)},
		"block":       {WithMaxQueueSize(1), WithOverflow(Block(5 * time.Millisecond))},
		"drop oldest": {WithMaxQueueSize(1), WithOverflow(DropOldest)},
		"synchronous": {WithSynchronous()},
	} {
		t.Run(name, func(t *testing.T) {
			var p *Processor
			var routed atomic.Int64
			flags, out := stdlog.Flags(), stdlog.Writer()
			stdlog.SetOutput(writerFunc(func(b []byte) (int, error) {
				routed.Add(1)
				emit(p, log.SeverityError, string(b))
				return len(b), nil
			}))
			defer func() { stdlog.SetFlags(flags); stdlog.SetOutput(out) }()
			// The failure of its fallback is reported, too.
			e := failing(errors.New("refused"), exportertest.WithDelay(100*time.Microsecond))
			p = start(t, e, append([]Option{WithFallback(writerFunc(func([]byte) (int, error) {
				return 0, errors.New("disk full")
			}))}, opts...)...)

			done := make(chan error, 1)
			go func() {
				var wg sync.WaitGroup
				for range 4 {
					wg.Go(func() {
						for i := range 25 {
							stdlog.Print(i)
							emit(p, log.SeverityInfo, "x")
						}
					})
				}
				wg.Wait()
				_ = p.ForceFlush(context.Background())
				done <- p.Shutdown(context.Background())
			}()
			select {
			case <-done:
			case <-time.After(20 * time.Second):
				buf := make([]byte, 1<<20)
				t.Fatalf("deadlock:\n%s", buf[:runtime.Stack(buf, true)])
			}
			if got := routed.Load(); got <= 100 || got > 200 {
				t.Errorf("%d records through the standard logger, want 100 and some reports", got)
			}
		})
	}
}

// A handler that panics, or ends its goroutine, gets the next error all the same.
func TestHandlerThatDoesNotReturn(t *testing.T) {
	for name, end := range map[string]func(){
		"panic":                func() { panic("handler") },
		"end of its goroutine": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int64
				handleErrors(t, func(error) {
					calls.Add(1)
					end()
				})
				p := start(t, failingEachTime(errors.New("refused")), once, WithExportMaxBatchSize(1), WithFallback(nil))
				for range 5 {
					emit(p, log.SeverityInfo, "x")
				}
				synctest.Wait()
				begun := time.Now()
				emit(p, log.SeverityInfo, "x")
				synctest.Wait() // Shutdown would return its error
				_ = p.Shutdown(t.Context())
				if took := time.Since(begun); took != 0 {
					t.Errorf("shutdown took %v", took)
				}
				if got := calls.Load(); got != 6 {
					t.Errorf("called %d times, want 6", got)
				}
				synctest.Wait()
				if left := processorGoroutines(); len(left) != 0 {
					t.Errorf("left behind: %s", left)
				}
			})
		})
	}
}

// A handler that does not return blocks neither callers nor exports, and delays Shutdown
// for a limited time. Errors that it did not get are counted.
func TestBlockedHandlerBlocksNoCaller(t *testing.T) {
	for _, tc := range []struct {
		name     string
		opts     []Option
		deadline time.Duration // 0: none
		most     time.Duration
	}{
		{"no deadline", nil, 0, usercode.CallbackTimeout + usercode.CancelTimeout},
		{"early deadline", nil, 200 * time.Millisecond, 200*time.Millisecond + usercode.CancelTimeout},
		{"synchronous", []Option{WithSynchronous()}, 0, usercode.CallbackTimeout + usercode.CancelTimeout},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				held := make(chan struct{})
				errs := &errorLog{}
				handleErrors(t, func(err error) {
					errs.Handle(err)
					<-held
				})
				refused := errors.New("refused")
				p := start(t, failingEachTime(refused), append(tc.opts, once, WithExportMaxBatchSize(1), WithFallback(nil))...)
				begun := time.Now()
				for range 100 {
					emit(p, log.SeverityInfo, "x")
					synctest.Wait()
				}
				if took := time.Since(begun); took != 0 {
					t.Errorf("callers and exports waited %v", took)
				}
				wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 100})

				ctx, cancel := context.WithCancel(t.Context())
				if tc.deadline > 0 {
					ctx, cancel = context.WithTimeout(t.Context(), tc.deadline)
				}
				defer cancel()
				_ = p.Shutdown(ctx)
				if took := time.Since(begun); took > tc.most {
					t.Errorf("shutdown took %v, want at most %v", took, tc.most)
				}
				synctest.Wait()
				if left := processorGoroutines(); len(left) != 1 {
					t.Errorf("%d goroutines are left, want the one that the handler holds:\n%s", len(left), left)
				}
				if got := len(errs.all()); got != 1 {
					t.Errorf("%d reports, want the first", got)
				}
				close(held)
				synctest.Wait()
				if got := len(errs.matching(refused)); got != report.Burst {
					t.Errorf("%d reports, want %d", got, report.Burst)
				}
				if left := processorGoroutines(); len(left) != 0 {
					t.Errorf("left behind: %s", left)
				}
			})
		})
	}
}

// Errors that were reported before Shutdown are handled when it returns.
func TestShutdownWaitsForReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errs := &errorLog{}
		handleErrors(t, func(err error) {
			time.Sleep(50 * time.Millisecond)
			errs.Handle(err)
		})
		p := start(t, failingEachTime(errors.New("refused")), once, WithExportMaxBatchSize(1), WithFallback(nil))
		emit(p, log.SeverityInfo, "a", "b", "c")
		begun := time.Now()
		synctest.Wait() // Shutdown returns the errors of later exports
		_ = p.Shutdown(t.Context())
		if took := time.Since(begun); took != 150*time.Millisecond {
			t.Errorf("shutdown took %v, want 150ms", took)
		}
		if got := len(errs.all()); got != 3 {
			t.Errorf("%d reports, want 3", got)
		}
	})
}
