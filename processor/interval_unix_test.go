//go:build unix

package processor

import (
	"math"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// Goroutines that wait must sleep: neither an idle processor nor one behind exporters
// that do not answer may use the CPU. The measure is the CPU time of the process, which a
// busy machine does not lengthen.
func TestWaitingTakesNoCPU(t *testing.T) {
	const (
		period = 200 * time.Millisecond
		most   = period / 4 // one goroutine that spins uses all of it
	)
	for _, tc := range []struct {
		name      string
		exporters int
		records   int // to emit behind the blocked exporters
		opts      []Option
	}{
		{"drop newest", 1, 200, []Option{WithOverflow(DropNewest)}},
		{"drop oldest", 1, 200, []Option{WithOverflow(DropOldest)}},
		{"drop lowest", 1, 200, []Option{WithOverflow(DropLowest)}},
		{"block", 1, 111, []Option{WithOverflow(Block(time.Minute))}},
		{"three exporters", 3, 200, nil},
		{"synchronous", 1, 1, []Option{WithSynchronous()}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			captureErrors(t)
			var exporters []*exportertest.Exporter
			opts := append([]Option{
				WithMaxQueueSize(100), WithExportMaxBatchSize(10), WithExportInterval(10 * time.Millisecond), WithFallback(nil),
			}, tc.opts...)
			for i := range tc.exporters {
				exporters = append(exporters, exportertest.New())
				if i > 0 {
					opts = append(opts, WithExporters(exporters[i]))
				}
			}
			p := start(t, exporters[0], opts...)
			idle := cpuTime(t, period)

			var releases []func()
			for _, e := range exporters {
				releases = append(releases, e.Block())
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for i := range tc.records {
					emit(p, log.Severity(1+i%24), body(i))
					p.ExportNow()
				}
			}()
			for _, e := range exporters {
				if err := e.WaitEntered(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
			}
			busy := cpuTime(t, period)
			for _, release := range releases {
				release()
			}
			<-ended
			if idle > most || busy > most {
				t.Errorf("%v of CPU in %v idle, %v blocked; want less than %v", idle, period, busy, most)
			}
		})
	}
}

// cpuTime returns how much CPU time the process uses in a period: the least of three
// measurements, because the garbage collector may still be busy with the memory of
// earlier tests, while a goroutine that spins does so each time.
func cpuTime(t *testing.T, d time.Duration) time.Duration {
	t.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	least := time.Duration(math.MaxInt64)
	for range 3 {
		before := used()
		time.Sleep(d / 3)
		least = min(least, used()-before)
	}
	return least * 3
}
