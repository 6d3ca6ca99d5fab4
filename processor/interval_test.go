package processor

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// wantExported checks how many records have been exported once everything has happened
// that is due at this instant.
func wantExported(t testing.TB, e *exportertest.Exporter, want int) {
	t.Helper()
	synctest.Wait()
	if got := e.RecordsTaken(); got != want {
		t.Fatalf("%d records exported, want %d", got, want)
	}
}

func TestFullBatchIsExportedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		p := start(t, e, WithExportMaxBatchSize(10), WithExportInterval(time.Hour))
		for i := range 35 {
			emit(p, log.SeverityInfo, body(i))
			wantExported(t, e, (i+1)/10*10)
		}
		for i, b := range e.Batches() {
			if len(b) != 10 {
				t.Errorf("batch %d has %d records, want 10", i, len(b))
			}
		}
		wantBodies(t, e, bodyRange(0, 30))
	})
}

func TestPartialBatchIsExportedAtTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		p := start(t, e, WithExportInterval(time.Second))
		emit(p, log.SeverityInfo, "a")
		time.Sleep(time.Second - 1)
		wantExported(t, e, 0)
		time.Sleep(1 * time.Nanosecond)
		wantExported(t, e, 1)

		// Again, with the first record of the batch at another phase of the interval: it
		// may be exported sooner, never later.
		time.Sleep(300 * time.Millisecond)
		emit(p, log.SeverityInfo, "b")
		synctest.Wait()
		time.Sleep(time.Second)
		wantExported(t, e, 2)
		wantBodies(t, e, []string{"a", "b"})
	})
}

// Whatever the mixture of full and partial batches, of quiet times and bursts: while the
// exporter is free, no record waits longer than the interval.
func TestNoRecordWaitsLongerThanTheInterval(t *testing.T) {
	const interval = time.Second
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		p := start(t, e, WithExportMaxBatchSize(10), WithExportInterval(interval))
		random := rand.New(rand.NewPCG(1, 2))
		n := 0
		some := func(most int) {
			for range random.IntN(most) {
				emit(p, log.SeverityInfo, body(n))
				n++
			}
		}
		for range 500 {
			time.Sleep(time.Duration(random.Int64N(int64(interval))))
			if random.IntN(5) == 0 {
				// After a burst the queue has memory and need not ask for it, which would
				// wake the flush timer.
				release := e.Block()
				some(80)
				synctest.Wait()
				release()
			} else {
				some(15)
			}
		}
		time.Sleep(interval)
		wantExported(t, e, n)
		wantBodies(t, e, bodyRange(0, n))
		for _, c := range e.Calls() {
			for i := range c.Records {
				if age := c.Begun.Sub(c.Records[i].ObservedTimestamp()); age > interval {
					t.Errorf("record %v waited for %v", c.Records[i].Body(), age)
				}
			}
		}
	})
}

// The interval counts from the first record of the batch, not from the last tick: after a
// burst nothing but the ticks themselves wakes the flush timer.
func TestNoRecordWaitsLongerThanTheIntervalAfterABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		p := start(t, e, WithExportMaxBatchSize(10), WithExportInterval(time.Second))
		release := e.Block()
		emit(p, log.SeverityInfo, bodyRange(0, 50)...)
		release()
		wantExported(t, e, 50)
		time.Sleep(500 * time.Millisecond)
		emit(p, log.SeverityInfo, bodyRange(50, 62)...)
		wantExported(t, e, 60)
		time.Sleep(time.Second)
		wantExported(t, e, 62)
	})
}

func TestIntervalPassesWithoutRecordsWithoutExports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		p := start(t, e, WithExportInterval(time.Second))
		p.ExportNow()
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := e.Exports(); got != 0 {
			t.Errorf("%d exports of nothing", got)
		}
	})
}

func TestExportNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		p := start(t, e, WithExportInterval(time.Hour))
		emit(p, log.SeverityInfo, "a", "b")
		wantExported(t, e, 0)
		p.ExportNow()
		wantExported(t, e, 2)
		emit(p, log.SeverityInfo, "c")
		wantExported(t, e, 2) // it was for the records up to then
		p.ExportNow()
		p.ExportNow()
		wantExported(t, e, 3)
		if got := e.Exports(); got != 2 {
			t.Errorf("%d exports, want 2", got)
		}
	})
}

// ExportNow must not wait, and its request is served when the exporter is free again,
// without another tick.
func TestExportNowWhileTheExporterIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		p := start(t, e, WithExportInterval(time.Hour), WithExportTimeout(time.Hour))
		release := e.Block()
		emit(p, log.SeverityInfo, "a")
		p.ExportNow()
		synctest.Wait()
		emit(p, log.SeverityInfo, "b")
		began := time.Now()
		p.ExportNow()
		if took := time.Since(began); took != 0 {
			t.Errorf("ExportNow took %v", took)
		}
		time.Sleep(time.Minute)
		emit(p, log.SeverityInfo, "c") // joins the requested batch, which was not taken yet
		release()
		wantExported(t, e, 3)
	})
}

// The request is served when the batch was exported, even if it became full meanwhile:
// the next batch waits for the interval again.
func TestExportNowIsForTheBatchOfItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		p := start(t, e, WithExportMaxBatchSize(2), WithExportInterval(time.Minute), WithExportTimeout(time.Hour))
		release := e.Block()
		emit(p, log.SeverityInfo, "a", "b")
		synctest.Wait()
		emit(p, log.SeverityInfo, "c")
		p.ExportNow()
		emit(p, log.SeverityInfo, "d", "e")
		release()
		wantExported(t, e, 4)
		time.Sleep(time.Minute)
		wantExported(t, e, 5)
	})
}

func TestExportNowAfterShutdown(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			e := exportertest.New()
			p := start(t, e, opts...)
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			p.ExportNow()
			if got := e.Exports(); got != 0 {
				t.Errorf("%d exports", got)
			}
		})
	}
}

func TestCriticalRecordIsExportedAtOnceWithWhatWaits(t *testing.T) {
	for _, tc := range []struct {
		name          string
		opts          []Option
		below, atOnce log.Severity
	}{
		{"default", nil, log.SeverityWarn4, log.SeverityError},
		{"above the default", nil, log.SeverityWarn4, log.SeverityFatal4},
		{"given", []Option{WithCriticalSeverity(log.SeverityWarn)}, log.SeverityInfo4, log.SeverityWarn},
		{"given high", []Option{WithCriticalSeverity(log.SeverityFatal)}, log.SeverityError4, log.SeverityFatal},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := exportertest.New()
				p := start(t, e, append(tc.opts, WithExportInterval(time.Hour))...)
				for i := range 3 {
					emit(p, tc.below, "b")
					wantExported(t, e, 2*i)
					emit(p, tc.atOnce, "a")
					wantExported(t, e, 2*i+2)
				}
			})
		})
	}
}

// A batch that becomes due while the exporter is busy is exported as soon as it is free.
func TestPartialBatchBehindABusyExporter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDelay(10 * time.Second))
		p := start(t, e, WithExportInterval(time.Second), WithExportMaxBatchSize(2), WithExportTimeout(time.Hour))
		emit(p, log.SeverityInfo, "a", "b")
		synctest.Wait()
		emit(p, log.SeverityInfo, "c")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		calls := e.Calls()
		if len(calls) != 2 || !calls[1].Begun.Equal(calls[0].Ended) {
			t.Errorf("calls %v, want 2, the second at the end of the first", calls)
		}
		time.Sleep(10 * time.Second)
		wantExported(t, e, 3)
	})
}

func TestExportContextEndsAfterTheTimeout(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			captureErrors(t)
			synctest.Test(t, func(t *testing.T) {
				e := exportertest.New()
				release := e.Block()
				defer release()
				p := start(t, e, append(opts, once, WithExportTimeout(3*time.Second), WithExportMaxBatchSize(1))...)
				go emit(p, log.SeverityInfo, "a") // in synchronous mode it waits
				synctest.Wait()
				if deadline, ok := e.LastDeadline(); !ok || time.Until(deadline) != 3*time.Second {
					t.Errorf("deadline in %v, %t", time.Until(deadline), ok)
				}
				time.Sleep(3 * time.Second)
				synctest.Wait()
				wantDropped(t, p, Drop{ReasonExportTimeout, log.SeverityInfo, 1})
			})
		})
	}
}
