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

// simulation is a pipeline under a changing load. Each call of next is one second:
// the exporter falls behind for a while, the queue fills up and records are dropped.
type simulation struct {
	mu     sync.Mutex
	second int
	stats  processor.Stats
	drops  map[processor.Drop]uint64
	times  map[string]metrics.OperationStats
}

func newSimulation() *simulation {
	return &simulation{
		stats: processor.Stats{Emitted: 512, InFlight: 512, Capacity: 2048},
		drops: make(map[processor.Drop]uint64),
		times: make(map[string]metrics.OperationStats),
	}
}

func (s *simulation) next() metrics.Statistics {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.second++
	t := float64(s.second)
	exportable := 1500
	if at := s.second % 120; at > 50 && at < 85 {
		exportable = 450
	}
	const filtered = 40
	logged := int(900 + 300*math.Sin(t/9) + 80*math.Sin(t*2.3))
	s.stats.Emitted += uint64(logged)
	s.stats.Filtered += filtered
	s.stats.Queued += logged - filtered
	out := min(s.stats.Queued, exportable)
	s.stats.Queued -= out
	s.stats.Exported += uint64(out)
	if over := s.stats.Queued - s.stats.Capacity; over > 0 {
		s.stats.Queued -= over
		fallback, trace, info, late := over/50, over/9, over/3, over/20
		s.stats.Fallback += uint64(fallback)
		s.drop(processor.ReasonEvicted, log.SeverityTrace, trace)
		s.drop(processor.ReasonEvicted, log.SeverityDebug, over-fallback-trace-info-late)
		s.drop(processor.ReasonQueueFull, log.SeverityInfo, info)
		s.drop(processor.ReasonExportTimeout, log.SeverityWarn, late)
	}
	s.stats.Dropped = nil
	for d, n := range s.drops {
		d.Count = n
		s.stats.Dropped = append(s.stats.Dropped, d)
	}
	s.stats.Exporters = []processor.ExporterStats{{
		Type: "*otlploggrpc.Exporter", Exports: s.stats.Exported / 512, Failures: s.stats.Exported / 90_000,
		Exported: s.stats.Exported, InFlight: s.stats.InFlight, Duration: time.Duration(s.stats.Exported) * 18 * time.Microsecond,
		Failing: exportable < 1000, LastError: "token=secret",
	}}
	s.work(t)
	return metrics.Statistics{AsyncLogging: s.stats, PerformanceMonitoring: maps.Clone(s.times)}
}

func (s *simulation) drop(reason processor.Reason, severity log.Severity, n int) {
	s.drops[processor.Drop{Reason: reason, Severity: severity}] += uint64(n)
}

func (s *simulation) work(t float64) {
	for i, op := range []struct {
		name  string
		about time.Duration
	}{
		{"parse", 38 * time.Microsecond},
		{"compress", 4200 * time.Microsecond},
		{"GET /users/{id}", 17 * time.Millisecond},
		{"cache lookup", 900 * time.Nanosecond},
		{"store", 230 * time.Millisecond},
		{"_other", 1900 * time.Millisecond},
	} {
		times := func(x float64) time.Duration {
			return time.Duration(float64(op.about) * x * (1 + .3*math.Sin(t/11+float64(i))))
		}
		o := s.times[op.name]
		o.Count += uint64(200 / (i + 1))
		if i > 1 && s.second%9 == 0 {
			o.Failures++
		}
		o.Mean, o.Min, o.Max = times(1), op.about/5, op.about*time.Duration(8+i)
		o.RecentMean, o.Last = times(1.1+.1*math.Sin(t)), times(1.2)
		o.P50, o.P90, o.P99 = times(.9), times(1.9), times(3.7)
		o.LastTime = time.Now()
		s.times[op.name] = o
	}
}
