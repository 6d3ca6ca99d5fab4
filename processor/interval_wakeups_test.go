package processor

import (
	"math"
	"runtime/metrics"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// scheduled returns how often goroutines have been scheduled. The runtime counts a fixed
// fraction of all times only, so the number is good for comparisons.
func scheduled() uint64 {
	sample := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	metrics.Read(sample)
	var n uint64
	for _, count := range sample[0].Value.Float64Histogram().Counts {
		n += count
	}
	return n
}

// A processor without anything to do wakes up once an interval: as often as a goroutine
// that only waits for a timer with that interval.
func TestIdleProcessorWakesOnceAnInterval(t *testing.T) {
	const intervals = 10_000
	// wakeUps counts while the fake clock runs through the intervals.
	wakeUps := func(interval time.Duration) uint64 {
		before := scheduled()
		time.Sleep(intervals*interval + interval/2)
		return scheduled() - before
	}
	for _, interval := range []time.Duration{time.Millisecond, time.Second, 10 * time.Second} {
		t.Run(interval.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				go func() {
					for range intervals {
						time.Sleep(interval)
					}
				}()
				most := wakeUps(interval) * 11 / 10

				exporters := []*exportertest.Exporter{exportertest.New(), exportertest.New()}
				p := start(
					t, exporters[0], WithExporters(exporters[1]),
					WithExportInterval(interval), WithExportTimeout(math.MaxInt64),
				)
				check := func(when string) {
					t.Helper()
					// Memory that was used is freed when it is quiet for a while.
					time.Sleep(100*interval + time.Minute)
					if got := wakeUps(interval); got > most {
						t.Errorf("%s: woken %d times, a timer alone %d times", when, got, most*10/11)
					}
				}
				check("new")
				emit(p, log.SeverityInfo, bodyRange(0, 2000)...)
				if err := p.ForceFlush(t.Context()); err != nil {
					t.Error(err)
				}
				check("after a burst")
				for _, e := range exporters {
					defer e.Block()()
				}
				emit(p, log.SeverityInfo, bodyRange(0, 5000)...)
				check("full, and the exporters blocked")
			})
		})
	}
}
