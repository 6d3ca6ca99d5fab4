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

// The pauses of an outage begin anew after a success: that of the only exporter, which
// is one for all, and that of an exporter which leaves the batches to another.
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

// A timeout is one, whatever the error says that the exporter makes of it.
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
