package processor

import (
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// The next exporter takes at once what one exporter fails to deliver.
func TestAnotherExporterTakesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		all := exporters(2)
		all[0].FailNext(1, errAway)
		all[1].FailNext(1, errAway)
		p := startWith(t, all, WithExportMaxBatchSize(1))
		emit(p, log.SeverityInfo, "a")
		synctest.Wait()
		if got := all[0].Exports() + all[1].Exports(); got != 2 {
			t.Errorf("%d exports, want one of each", got)
		}
		time.Sleep(time.Minute)
		wantEachOnce(t, all, []string{"a"})
		if s := p.Stats(); s.Degraded || s.Exported != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// In an outage one exporter at a time tries one batch, and they take turns: not all at
// once, and not each with pauses of its own.
func TestOneExporterAtATimeProbes(t *testing.T) {
	for _, n := range []int{1, 2, 5} {
		synctest.Test(t, func(t *testing.T) {
			captureErrors(t)
			var r receiver
			r.is(errAway)
			var all []*exportertest.Exporter
			for range n {
				all = append(all, r.exporter(exportertest.WithDelay(10*time.Millisecond)))
			}
			p := startWith(t, all, WithExportMaxBatchSize(2), WithMaxQueueSize(1000))
			emit(p, log.SeverityInfo, bodyRange(0, 1000)...)
			time.Sleep(time.Second)
			count := func() (total int, each []int) {
				for _, e := range all {
					each = append(each, e.Exports())
					total += e.Exports()
				}
				return total, each
			}
			before, eachBefore := count()
			for range 1000 {
				time.Sleep(100 * time.Millisecond)
				if s := p.Stats(); s.InFlight > 2 || !s.Degraded || !s.Balanced() {
					t.Fatalf("%+v, want one batch with one exporter", s)
				}
			}
			after, eachAfter := count()
			if got := after - before; got < 100/5 || got > 100/5*4 {
				t.Errorf("%d exporters: %d exports in a hundred seconds", n, got)
			}
			for i := range all {
				if got := eachAfter[i] - eachBefore[i]; got < (after-before)/n-1 || got > (after-before)/n+2 {
					t.Errorf("exporter %d: %d exports of %d", i, got, after-before)
				}
			}

			// The exporter that finds the end of the outage brings all others back.
			r.is(nil)
			time.Sleep(defaultMaxInterval)
			begun := time.Now()
			for p.Stats().Queued+p.Stats().InFlight > 0 {
				time.Sleep(10 * time.Millisecond)
			}
			if took := time.Since(begun); took > 500*10*time.Millisecond/time.Duration(n)+time.Second {
				t.Errorf("%d exporters: it took %v to catch up", n, took)
			}
			wantEachOnce(t, all, bodyRange(0, 1000))
		})
	}
}

// A batch with an unknown error does not make all exporters fail.
func TestStrangeBatchDoesNotVisitAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var all []*exportertest.Exporter
		for range 8 {
			all = append(all, refusing(errStrange, "bad"))
		}
		p := startWith(t, all, WithExportMaxBatchSize(1))
		emit(p, log.SeverityInfo, "bad")
		emit(p, log.SeverityInfo, bodyRange(0, 50)...)
		time.Sleep(time.Second)
		wantEachOnce(t, all, bodyRange(0, 50))
		wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 1})
		failed := 0
		for _, x := range p.Stats().Exporters {
			failed += int(x.Failures)
		}
		if failed != 3 || p.Stats().Degraded {
			t.Errorf("%d exports failed, want 3: %+v", failed, p.Stats())
		}
	})
}

// The exporter whose turn it is to find the end of the outage never returns: the next one
// finds it.
func TestProbeThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var r receiver
		r.is(errAway)
		all := []*exportertest.Exporter{r.exporter(exportertest.WithDeafness()), r.exporter(), r.exporter()}
		p := startWith(t, all, WithExportMaxBatchSize(1), WithExportTimeout(10*time.Second))
		emit(p, log.SeverityInfo, bodyRange(0, 10)...)
		time.Sleep(time.Minute)
		release := all[0].Block()
		for all[0].Active() == 0 { // it is its turn
			time.Sleep(10 * time.Millisecond)
		}
		r.is(nil)
		begun := time.Now()
		for p.Stats().Exported < 9 && time.Since(begun) < time.Minute {
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(begun); took > 12*time.Second {
			t.Errorf("it took %v: %+v", took, p.Stats())
		}
		release()
		synctest.Wait()
		wantEachOnce(t, all, bodyRange(0, 10))
	})
}
