package processor

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// A hook that panics, or ends its goroutine, is called again, for each loss that it was
// not called with yet; the failure is reported.
func TestDropHookThatDoesNotReturn(t *testing.T) {
	for name, also := range map[string]func(Drop){
		"panic":                func(Drop) { panic("boom") },
		"end of its goroutine": func(Drop) { runtime.Goexit() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				errs := captureErrors(t)
				l := &dropLog{also: also}
				p := start(t, exportertest.New(), WithDropHook(l.hook), WithFallback(nil))
				_ = p.Shutdown(t.Context())
				for _, s := range []log.Severity{log.SeverityInfo, log.SeverityWarn, log.SeverityError} {
					emit(p, s, "x")
				}
				time.Sleep(time.Second)
				for _, s := range []log.Severity{log.SeverityInfo, log.SeverityWarn, log.SeverityError} {
					emit(p, s, "x", "y")
				}
				time.Sleep(time.Second)
				emit(p, log.SeverityInfo, "x") // reports what is left, if anything
				time.Sleep(time.Second)
				wantReported(t, l, p)
				if got := len(errs.matching(usercode.ErrPanic)); got != 1 || l.count() < 7 {
					t.Errorf("%d reports of %d calls, want one: they say the same", got, l.count())
				}
				if left := processorGoroutines(); len(left) != 0 {
					t.Errorf("left behind: %s", left)
				}
			})
		})
	}
}

// With several kinds of losses at once, a hook that ends its goroutine at the first one
// gets the others all the same, before Shutdown returns.
func TestDropHookThatEndsItsGoroutineDuringShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		l := &dropLog{also: func(Drop) { runtime.Goexit() }}
		e := exportertest.New()
		p := start(t, e, once, WithDropHook(l.hook), WithFallback(nil))
		release := e.Block()
		defer release()
		for _, s := range []log.Severity{1, 5, 9, 13, 17, 21} {
			emit(p, s, "x")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_ = p.Shutdown(ctx)
		wantReported(t, l, p)
		if l.count() < 6 {
			t.Errorf("%d calls, want one a severity", l.count())
		}
	})
}

func TestBlockedDropHookBlocksNoCaller(t *testing.T) {
	for _, tc := range []struct {
		name     string
		deadline time.Duration // 0: none
		most     time.Duration
	}{
		{"no deadline", 0, usercode.CallbackTimeout + usercode.CancelTimeout},
		{"late deadline", time.Hour, usercode.CallbackTimeout + usercode.CancelTimeout},
		{"early deadline", 200 * time.Millisecond, 200*time.Millisecond + usercode.CancelTimeout},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				held := make(chan struct{})
				l := &dropLog{also: func(Drop) { <-held }}
				e := exportertest.New()
				p := start(t, e, WithDropHook(l.hook), WithMaxQueueSize(2), WithExportMaxBatchSize(2))
				release := fill(t, p, e, log.SeverityInfo)
				begun := time.Now()
				for range 1000 {
					emit(p, log.SeverityInfo, "x")
				}
				synctest.Wait()
				emit(p, log.SeverityDebug, "x")
				if waited := time.Since(begun); waited != 0 {
					t.Errorf("the callers waited %v", waited)
				}
				release()

				ctx, cancel := context.WithCancel(t.Context())
				if tc.deadline > 0 {
					ctx, cancel = context.WithTimeout(t.Context(), tc.deadline)
				}
				defer cancel()
				begun = time.Now()
				if err := p.Shutdown(ctx); err != nil {
					t.Error(err)
				}
				if took := time.Since(begun); took > tc.most {
					t.Errorf("shutdown took %v, want at most %v", took, tc.most)
				}
				synctest.Wait()
				if left := processorGoroutines(); len(left) != 1 {
					t.Errorf("%d goroutines are left, want the one that the hook holds:\n%s", len(left), left)
				}
				if got := l.count(); got != 1 {
					t.Errorf("%d calls, want one", got)
				}
				emit(p, log.SeverityInfo, "late")
				close(held)
				time.Sleep(2 * hookInterval)
				wantReported(t, l, p)
				if left := processorGoroutines(); len(left) != 0 {
					t.Errorf("left behind: %s", left)
				}
			})
		})
	}
}

// A hook may log. Its records may be lost too, and are reported with the next delivery;
// this goes on at the rate of the deliveries, and ends with Shutdown.
func TestDropHookThatLogs(t *testing.T) {
	for name, opts := range map[string][]Option{
		"queue":       {WithOverflow(DropNewest)},
		"block":       {WithOverflow(Block(10 * time.Millisecond))},
		"synchronous": {WithSynchronous()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				var p *Processor
				l := &dropLog{also: func(Drop) { emit(p, log.SeverityInfo, "dropped") }}
				e := exportertest.New(exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
					return errors.New("refused") // so that everything is always lost
				}))
				p = start(t, e, append(opts, once, WithDropHook(l.hook), WithMaxQueueSize(2), WithExportMaxBatchSize(1))...)
				emit(p, log.SeverityInfo, "x")
				time.Sleep(time.Second)
				if got := l.count(); got < 5 || got > 12 {
					t.Errorf("%d calls within a second, want about ten", got)
				}
				begun := time.Now()
				_ = p.Shutdown(t.Context())
				if took := time.Since(begun); took > hookInterval {
					t.Errorf("shutdown took %v", took)
				}
				synctest.Wait()
				if left := processorGoroutines(); len(left) != 0 {
					t.Errorf("left behind: %s", left)
				}
				// All but the records that the hook logged itself during the last
				// delivery.
				calls := l.count()
				unreported := p.Stats().DroppedTotal()
				for _, d := range l.sum() {
					unreported -= d.Count
				}
				if unreported > 1 {
					t.Errorf("%d losses were not reported", unreported)
				}
				time.Sleep(time.Minute)
				if got := l.count(); got != calls {
					t.Errorf("called %d times more in a minute after Shutdown", got-calls)
				}
				emit(p, log.SeverityInfo, "late") // reports both
				time.Sleep(time.Minute)
				if got := l.count(); got != calls+1 {
					t.Errorf("called %d times for a late record, want once", got-calls)
				}
			})
		})
	}
}

// Goroutines that go on logging after Shutdown keep the hook busy, but do not delay
// Shutdown.
func TestShutdownDoesNotWaitForLaterDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p *Processor
		l := &dropLog{}
		l.also = func(Drop) { time.Sleep(10 * time.Millisecond) }
		p = start(t, exportertest.New(), WithDropHook(l.hook))
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(time.Millisecond):
						emit(p, log.SeverityInfo, "x")
					}
				}
			})
		}
		time.Sleep(time.Second)
		begun := time.Now()
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > 50*time.Millisecond {
			t.Errorf("shutdown took %v, want two calls of the hook at most", took)
		}
		time.Sleep(time.Second)
		close(stop)
		wg.Wait()
		time.Sleep(time.Second)
		if got := l.count(); got > 14 {
			t.Errorf("%d calls in the second after Shutdown, want about ten, the first and the last", got)
		}
	})
}

// A hook may call all methods of the processor, Shutdown included.
func TestDropHookThatCallsTheProcessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var p *Processor
		l := &dropLog{}
		l.also = func(Drop) {
			if s := p.Stats(); s.DroppedTotal() == 0 {
				t.Error("reported before it was counted")
			}
			p.ExportNow()
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
			_ = p.Shutdown(t.Context())
		}
		e := exportertest.New()
		p = start(t, e, WithDropHook(l.hook), once)
		e.FailNext(1, errors.New("refused"))
		emit(p, log.SeverityInfo, "a")
		time.Sleep(time.Minute)
		wantReported(t, l, p)
		if e.Shutdowns() != 1 {
			t.Error("not shut down")
		}
	})
}
