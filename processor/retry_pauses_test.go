package processor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// The pauses of an outage begin anew after a success: those of the only exporter, which
// are the common ones, and those of an exporter that leaves the batches to another.
func TestPausesBeginAnew(t *testing.T) {
	for name, others := range map[string]int{"no other": 0, "another works": 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				var r receiver
				e := r.exporter()
				var opts []Option
				for range others {
					opts = append(opts, WithExporters(exportertest.New(exportertest.WithDelay(time.Second))))
				}
				opts = append(opts, WithFallback(nil), WithExportMaxBatchSize(1), WithMaxQueueSize(10_000))
				p := start(t, e, opts...)
				for range 2 {
					r.is(errAway)
					from := e.Exports()
					emit(p, log.SeverityInfo, bodyRange(0, 300)...) // as long as the other needs
					time.Sleep(time.Minute)
					pauses := pausesOf(e)[from:]
					if len(pauses) < 12 {
						t.Fatalf("%d pauses in a minute", len(pauses))
					}
					if first, last := pauses[0], pauses[len(pauses)-1]; first > 150*time.Millisecond || last < time.Second {
						t.Errorf("the first pause is %v, the last %v", first, last)
					}
					r.is(nil)
					time.Sleep(10 * time.Minute)
				}
			})
		})
	}
}

// A timeout is a timeout, whatever error the exporter makes of it.
func TestRetryOfTimeoutsWithOddErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New(exportertest.WithFunc(func(ctx context.Context, _ []sdklog.Record) error {
			<-ctx.Done()
			return errors.New("late")
		}))
		p := start(t, e, WithExportTimeout(time.Second), WithFallback(nil), WithExportInterval(time.Millisecond))
		emit(p, log.SeverityInfo, "a")
		time.Sleep(time.Minute)
		if s := p.Stats(); s.DroppedTotal() != 0 || e.Exports() < 10 {
			t.Errorf("%+v after %d exports", s, e.Exports())
		}
		_ = p.Shutdown(t.Context())
		wantDropped(t, p, Drop{ReasonExportTimeout, log.SeverityInfo, 1})
	})
}

// A flush cuts the pause of an exporter short, once, even if another one works; that one
// may be blocked in an export.
func TestFlushCutsThePauseOfOneShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		all := exporters(2, exportertest.WithDeafness())
		p := startWith(t, all, WithExportMaxBatchSize(1),
			WithRetry(RetryConfig{InitialInterval: 20 * time.Second, MaxInterval: time.Minute}))
		release := blockAll(t, p, all)
		all[1].FailNext(3, errAway)
		release[1]()
		emit(p, log.SeverityInfo, "next")
		synctest.Wait() // it pauses, and the other is blocked
		for n := range 2 {
			before := all[1].Exports()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_ = p.ForceFlush(ctx)
			cancel()
			if got := all[1].Exports() - before; got != 1 {
				t.Errorf("flush %d: %d exports, want one", n, got)
			}
		}
		release[0]()
		time.Sleep(5 * time.Minute)
		if s := p.Stats(); s.Exported != 3 {
			t.Errorf("%+v, want all exported", s)
		}
	})
}

// An exporter that panics leaves the batches to one that works.
func TestExporterThatPanicsPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		bad := exportertest.New(exportertest.WithFunc(func(context.Context, []sdklog.Record) error { panic("no") }))
		good := exportertest.New(exportertest.WithDelay(10 * time.Millisecond))
		p := startWith(t, []*exportertest.Exporter{bad, good}, WithExportMaxBatchSize(1))
		emit(p, log.SeverityInfo, bodyRange(0, 1000)...)
		time.Sleep(time.Minute)
		if s := p.Stats(); s.DroppedTotal() > 20 || s.Exported+s.DroppedTotal() != 1000 {
			t.Errorf("%+v", s)
		}
	})
}
