package processor

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// TestWorkerDoesNotWaitForItself: under Block an exporter that logs without its context
// would wait for capacity that only its own worker can free.
func TestWorkerDoesNotWaitForItself(t *testing.T) {
	for _, goexit := range []bool{false, true} {
		t.Run(fmt.Sprintf("goexit=%t", goexit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				const maxWait = time.Minute
				var p *Processor
				e := exportertest.New(exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
					if goexit {
						goexit = false
						runtime.Goexit() // the worker goes on with another goroutine
					}
					emit(p, log.SeverityInfo, "exporting")
					return nil
				}))
				p = start(t, e, WithOverflow(Block(maxWait)), WithMaxQueueSize(10), WithExportMaxBatchSize(5), WithFallback(nil))
				begun := time.Now()
				var wg sync.WaitGroup
				for range 20 {
					wg.Go(func() {
						for range 50 {
							emit(p, log.SeverityInfo, "x")
						}
					})
				}
				wg.Wait()
				if took := time.Since(begun); took > 10*time.Second {
					t.Errorf("it took %v, of which each wait of a worker for itself would be %v", took, maxWait)
				}
				if err := p.ForceFlush(t.Context()); err != nil {
					t.Error(err)
				}
				s := p.Stats()
				// What was lost are the exporter's own records, and the batch of the Goexit.
				if lost := s.DroppedTotal(); s.Emitted < 1000 || lost > s.Emitted-1000+5 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// TestSynchronousCallerHoldsALock: in synchronous mode the caller may hold a lock that the
// exporter needs, as log.Print does with the log package's. The caller returns after the
// time of an export, and the exporter goes on.
func TestSynchronousCallerHoldsALock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 3 * time.Second
		lock := make(chan struct{}, 1) // a mutex, which synctest can wait for
		e := exportertest.New(exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
			lock <- struct{}{}
			<-lock
			return nil
		}))
		p := start(t, e, WithSynchronous(), WithExportTimeout(timeout), WithFallback(nil))
		printLine := func(body string) {
			lock <- struct{}{}
			emit(p, log.SeverityInfo, body)
			<-lock
		}
		begun := time.Now()
		printLine("a")
		if took := time.Since(begun); took < timeout || took > timeout+time.Second {
			t.Errorf("the call took %v, want %v", took, timeout)
		}
		synctest.Wait()
		if s := p.Stats(); s.Exported != 1 || s.InFlight != 0 {
			t.Errorf("%+v, want the record exported when the lock was free", s)
		}
		begun = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go printLine("b")
		synctest.Wait()
		_ = p.Shutdown(ctx)
		if took := time.Since(begun); took > 1100*time.Millisecond {
			t.Errorf("Shutdown took %v, want a second", took)
		}
		time.Sleep(time.Minute)
	})
}
