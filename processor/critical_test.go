package processor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/flushtimer"
)

func TestBurstOfCriticalRecordsIsExportedInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		p := start(t, e, WithExportInterval(time.Hour))
		emit := func() {
			r := exportertest.Record(log.SeverityError, "burst")
			_ = p.OnEmit(context.Background(), &r)
			synctest.Wait()
		}
		for range flushtimer.CriticalBurst {
			emit()
		}
		if got := e.Exports(); got != flushtimer.CriticalBurst {
			t.Fatalf("%d exports of %d records that came one by one, want each at once", got, flushtimer.CriticalBurst)
		}
		for range 50 {
			emit()
		}
		if got := e.Exports(); got != flushtimer.CriticalBurst {
			t.Fatalf("%d exports in the window, want no more than %d", got, flushtimer.CriticalBurst)
		}
		time.Sleep(flushtimer.CriticalWindow)
		synctest.Wait()
		if got := e.Exports(); got != flushtimer.CriticalBurst+1 {
			t.Errorf("%d exports after the window, want one more than %d for all that waited", got, flushtimer.CriticalBurst)
		}
		if got, want := e.RecordsTaken(), flushtimer.CriticalBurst+50; got != want {
			t.Errorf("%d records exported, want %d", got, want)
		}
		emit()
		if got := e.Exports(); got != flushtimer.CriticalBurst+2 {
			t.Errorf("%d exports in the next window, want %d: at once again", got, flushtimer.CriticalBurst+2)
		}
	})
}

// An exporter that logs an error at each export, without the context that it was given,
// causes the next export. It must not do so at full speed.
func TestExporterThatLogsErrorsIsRateLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p *Processor
		e := exportertest.New(exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
			r := exportertest.Record(log.SeverityError, "exported")
			return p.OnEmit(context.Background(), &r)
		}))
		p = start(t, e, WithFallback(nil))
		r := exportertest.Record(log.SeverityError, "first")
		_ = p.OnEmit(context.Background(), &r)
		time.Sleep(time.Second)
		if got, most := e.Exports(), 12*(flushtimer.CriticalBurst+1); got < 2 || got > most {
			t.Errorf("%d exports in a second, want 2 to %d", got, most)
		}
	})
}
