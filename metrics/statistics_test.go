package metrics_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/metrics"
	"github.com/krunchwrapper/asynclog/processor"
)

func sample() metrics.Statistics {
	return metrics.Statistics{
		AsyncLogging: processor.Stats{
			Emitted: 1200, Filtered: 100, Exported: 1000, Fallback: 3,
			Dropped: []processor.Drop{
				{Reason: processor.ReasonExportFailed, Severity: log.SeverityUndefined, Count: 1},
				{Reason: processor.ReasonQueueFull, Severity: log.SeverityDebug, Count: 39},
				{Reason: processor.ReasonQueueFull, Severity: log.SeverityInfo, Count: 7},
			},
			Queued: 40, InFlight: 10, Capacity: 2048, QueuedBytes: 9000, CapacityBytes: 1 << 20,
			Degraded: true, DegradedSince: time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC), ConsecutiveFailures: 4,
			Retries: 3, FallbackCopies: 2, FallbackWithheld: 1, Suppressed: 5, GapRecords: 6,
			Exporters: []processor.ExporterStats{{
				Type: "*otlploggrpc.Exporter", Exports: 12, Failures: 1, Exported: 1000, InFlight: 10,
				Duration: 600 * time.Millisecond, Failing: true, LastError: "dial tcp: token=secret",
			}},
		},
		PerformanceMonitoring: map[string]metrics.OperationStats{
			"parse": {
				Count: 200, Failures: 2, Mean: 1200 * time.Microsecond, Min: 400 * time.Nanosecond, Max: 90 * time.Millisecond,
				RecentMean: 1100 * time.Microsecond, P50: time.Millisecond, P90: 2 * time.Millisecond, P99: 10 * time.Millisecond,
				Last: time.Second, LastTime: time.Date(2026, 1, 2, 16, 4, 5, 123456789, time.FixedZone("", 3600)),
			},
		},
	}
}

func TestStatisticsJSON(t *testing.T) {
	got, err := json.MarshalIndent(sample(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "async_logging": {
    "messages_logged": 1200,
    "filtered": 100,
    "exported": 1000,
    "fallback": 3,
    "dropped_total": 47,
    "dropped": {
      "export_failed": {
        "UNSPECIFIED": 1
      },
      "queue_full": {
        "DEBUG": 39,
        "INFO": 7
      }
    },
    "queue_size": 40,
    "queue_capacity": 2048,
    "queue_bytes": 9000,
    "queue_bytes_capacity": 1048576,
    "in_flight": 10,
    "balanced": true,
    "degraded": true,
    "degraded_since": "2026-01-02T15:04:05Z",
    "consecutive_failures": 4,
    "retries": 3,
    "fallback_copies": 2,
    "fallback_withheld": 1,
    "suppressed": 5,
    "gap_records": 6,
    "exporters": [
      {
        "type": "*otlploggrpc.Exporter",
        "exports": 12,
        "failures": 1,
        "exported": 1000,
        "in_flight": 10,
        "duration_seconds": 0.6,
        "failing": true
      }
    ]
  },
  "performance_monitoring": {
    "parse": {
      "count": 200,
      "failures": 2,
      "mean_seconds": 0.0012,
      "min_seconds": 4e-7,
      "max_seconds": 0.09,
      "recent_mean_seconds": 0.0011,
      "p50_seconds": 0.001,
      "p90_seconds": 0.002,
      "p99_seconds": 0.01,
      "last_seconds": 1,
      "last_time": "2026-01-02T15:04:05.123456789Z"
    }
  }
}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestZeroStatisticsJSON(t *testing.T) {
	got, err := json.Marshal(&metrics.Statistics{})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"async_logging":{"messages_logged":0,"filtered":0,"exported":0,"fallback":0,"dropped_total":0,"dropped":{},` +
		`"queue_size":0,"queue_capacity":0,"queue_bytes":0,"queue_bytes_capacity":0,"in_flight":0,"balanced":true,"degraded":false,` +
		`"consecutive_failures":0,"retries":0,"fallback_copies":0,"fallback_withheld":0,"suppressed":0,"gap_records":0,"exporters":[]},"performance_monitoring":{}}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Figures at their limits, and names and times of any kind, still give valid JSON.
func TestHostileStatisticsJSON(t *testing.T) {
	names := []string{"", "\xff", "</script>", "a\"b\\c\n\x00\u2028", "__proto__", strings.Repeat("x", 1<<16)}
	s := metrics.Statistics{PerformanceMonitoring: map[string]metrics.OperationStats{}}
	for _, n := range names {
		s.PerformanceMonitoring[n] = metrics.OperationStats{
			Count: math.MaxUint64, Mean: math.MaxInt64, Min: math.MinInt64,
			LastTime: time.Date(40_000, 1, 1, 0, 0, 0, 0, time.UTC),
		}
	}
	s.AsyncLogging.Emitted = math.MaxUint64
	s.AsyncLogging.Dropped = []processor.Drop{
		{Reason: "<b>", Severity: -5, Count: 1}, {Reason: "<b>", Severity: 99, Count: 2}, {Reason: "<b>", Severity: 21, Count: 3},
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(string(text), "<>\u2028") {
		t.Error("JSON that is not safe within HTML")
	}
	var back struct {
		Async struct {
			Dropped map[string]map[string]uint64 `json:"dropped"`
		} `json:"async_logging"`
		Performance map[string]struct {
			Mean *float64 `json:"mean_seconds"`
		} `json:"performance_monitoring"`
	}
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if want := (map[string]map[string]uint64{"<b>": {"UNSPECIFIED": 1, "FATAL": 5}}); !reflect.DeepEqual(back.Async.Dropped, want) {
		t.Errorf("dropped %v, want %v", back.Async.Dropped, want)
	}
	if len(back.Performance) != len(names) {
		t.Errorf("%d operations, want %d", len(back.Performance), len(names))
	}
	for name, o := range back.Performance {
		if o.Mean == nil || math.IsNaN(*o.Mean) || math.IsInf(*o.Mean, 0) {
			t.Errorf("%.20q: mean %v", name, o.Mean)
		}
	}
}
