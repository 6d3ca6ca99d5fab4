package metrics_test

import (
	"maps"
	"math"
	"sync"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/metrics"
	"github.com/krunchwrapper/asynclog/processor"
)

// evening is a pipeline to which things happen, a second a call: its exporter
// falls behind for a while, the queue fills up and records are dropped.
type evening struct {
	mu     sync.Mutex
	second int
	stats  processor.Stats
	drops  map[processor.Drop]uint64
	times  map[string]metrics.OperationStats
}

func newEvening() *evening {
	return &evening{
		stats: processor.Stats{Emitted: 512, InFlight: 512, Capacity: 2048},
		drops: make(map[processor.Drop]uint64),
		times: make(map[string]metrics.OperationStats),
	}
}

func (e *evening) next() metrics.Statistics {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.second++
	t := float64(e.second)
	fits := 1500
	if s := e.second % 120; s > 50 && s < 85 {
		fits = 450
	}
	const filtered = 40
	logged := int(900 + 300*math.Sin(t/9) + 80*math.Sin(t*2.3))
	e.stats.Emitted += uint64(logged)
	e.stats.Filtered += filtered
	e.stats.Queued += logged - filtered
	out := min(e.stats.Queued, fits)
	e.stats.Queued -= out
	e.stats.Exported += uint64(out)
	if over := e.stats.Queued - e.stats.Capacity; over > 0 {
		e.stats.Queued -= over
		fallback, trace, info, late := over/50, over/9, over/3, over/20
		e.stats.Fallback += uint64(fallback)
		e.drop(processor.ReasonEvicted, log.SeverityTrace, trace)
		e.drop(processor.ReasonEvicted, log.SeverityDebug, over-fallback-trace-info-late)
		e.drop(processor.ReasonQueueFull, log.SeverityInfo, info)
		e.drop(processor.ReasonExportTimeout, log.SeverityWarn, late)
	}
	e.stats.Dropped = nil
	for d, n := range e.drops {
		d.Count = n
		e.stats.Dropped = append(e.stats.Dropped, d)
	}
	e.stats.Exporters = []processor.ExporterStats{{
		Type: "*otlploggrpc.Exporter", Exports: e.stats.Exported / 512, Failures: e.stats.Exported / 90_000,
		Exported: e.stats.Exported, InFlight: e.stats.InFlight, Duration: time.Duration(e.stats.Exported) * 18 * time.Microsecond,
		Failing: fits < 1000, LastError: "token=secret",
	}}
	e.work(t)
	return metrics.Statistics{AsyncLogging: e.stats, PerformanceMonitoring: maps.Clone(e.times)}
}

func (e *evening) drop(r processor.Reason, s log.Severity, n int) {
	e.drops[processor.Drop{Reason: r, Severity: s}] += uint64(n)
}

func (e *evening) work(t float64) {
	for i, op := range []struct {
		name  string
		about time.Duration
	}{
		{"parse", 38 * time.Microsecond},
		{"compress", 4200 * time.Microsecond},
		{"GET /users/{id}", 17 * time.Millisecond},
		{"cache lookup", 900 * time.Nanosecond},
		{"store", 230 * time.Millisecond},
		{metrics.OverflowName, 1900 * time.Millisecond},
	} {
		times := func(x float64) time.Duration {
			return time.Duration(float64(op.about) * x * (1 + .3*math.Sin(t/11+float64(i))))
		}
		o := e.times[op.name]
		o.Count += uint64(200 / (i + 1))
		if i > 1 && e.second%9 == 0 {
			o.Failures++
		}
		o.Mean, o.Min, o.Max = times(1), op.about/5, op.about*time.Duration(8+i)
		o.RecentMean, o.Last = times(1.1+.1*math.Sin(t)), times(1.2)
		o.P50, o.P90, o.P99 = times(.9), times(1.9), times(3.7)
		o.LastTime = time.Now()
		e.times[op.name] = o
	}
}
