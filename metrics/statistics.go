package metrics

import (
	"encoding/json"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/foreigntext"
	"github.com/krunchwrapper/asynclog/processor"
)

// Statistics joins the processor's ledger and the monitor's figures. It marshals to
// the JSON that [Handler] serves:
//
//	{
//	  "async_logging": {
//	    "messages_logged": 1200,               records handed to the processor
//	    "filtered": 100,                       below the minimum severity
//	    "exported": 1000,                      taken by an exporter
//	    "fallback": 3,                         written to the fallback instead
//	    "dropped_total": 47,                   lost
//	    "dropped": {                           dropped_total by reason and severity
//	      "queue_full": {"DEBUG": 40, "INFO": 7}
//	    },
//	    "queue_size": 40,                      records waiting for export
//	    "queue_capacity": 2048,                0: there is no queue
//	    "queue_bytes": 0,                      about how many bytes the queued records take
//	    "queue_bytes_capacity": 0,             how many they may take; 0: bytes are not bounded
//	    "in_flight": 10,                       records that exporters hold now
//	    "balanced": true,                      every record is accounted for
//	    "degraded": false,                     true: no exporter works, since degraded_since
//	    "consecutive_failures": 0,             exports that failed since one succeeded
//	    "retries": 1,                          batches exported again
//	    "fallback_copies": 0,                  queued records also written to the fallback, in an outage
//	    "fallback_withheld": 0,                copies not written, because there were too many
//	    "suppressed": 0,                       about how many records were not built, under pressure
//	    "gap_records": 0,                      the processor's own records, which report losses
//	    "exporters": [{
//	      "type": "*otlploggrpc.Exporter",
//	      "exports": 12, "failures": 1,        calls of Export
//	      "exported": 1000, "in_flight": 10,   records
//	      "duration_seconds": 0.6,             total time spent in Export
//	      "failing": false                     the last Export failed
//	    }]
//	  },
//	  "performance_monitoring": {              by operation
//	    "parse": {
//	      "count": 200, "failures": 2,
//	      "mean_seconds": 0.0012, "min_seconds": 0.0004, "max_seconds": 0.09,
//	      "recent_mean_seconds": 0.0011,       of the last ten
//	      "p50_seconds": 0.001, "p90_seconds": 0.002, "p99_seconds": 0.01,
//	      "last_seconds": 0.001,               the last duration
//	      "last_time": "2026-01-02T15:04:05.123456789Z"
//	    }
//	  }
//	}
//
// Severities are the names of OpenTelemetry's log data model, TRACE … FATAL, or
// UNSPECIFIED. All keys are always present, except those of reasons and severities
// without a loss, and degraded_since and last_time where there is no such time.
// Members may be added, but not changed. The text of an exporter's last error is
// left out, because it may contain addresses and credentials.
type Statistics struct {
	// AsyncLogging is the ledger ([processor.Processor.Stats]).
	AsyncLogging processor.Stats
	// PerformanceMonitoring has the figures of each operation ([Monitor.Stats]).
	PerformanceMonitoring map[string]OperationStats
}

// MarshalJSON implements [json.Marshaler]. It returns no error. Characters that mean
// something to a terminal, or that reorder or hide text, are written as \u escapes.
func (s Statistics) MarshalJSON() ([]byte, error) {
	// Not OperationStats: encoding/json copies what another MarshalJSON returns.
	operations := make(map[string]operationJSON, len(s.PerformanceMonitoring))
	for name, o := range s.PerformanceMonitoring {
		operations[name] = newOperationJSON(&o)
	}
	document, err := json.Marshal(struct {
		AsyncLogging          ledgerJSON               `json:"async_logging"`
		PerformanceMonitoring map[string]operationJSON `json:"performance_monitoring"`
	}{newLedgerJSON(s.AsyncLogging), operations})
	return foreigntext.JSON(document), err
}

// MarshalJSON implements [json.Marshaler]: durations are numbers, in seconds. It
// returns no error. [Statistics] documents the members.
func (s OperationStats) MarshalJSON() ([]byte, error) {
	return json.Marshal(newOperationJSON(&s))
}

func newOperationJSON(s *OperationStats) operationJSON {
	o := operationJSON{
		Count:      s.Count,
		Failures:   s.Failures,
		Mean:       s.Mean.Seconds(),
		Min:        s.Min.Seconds(),
		Max:        s.Max.Seconds(),
		RecentMean: s.RecentMean.Seconds(),
		P50:        s.P50.Seconds(),
		P90:        s.P90.Seconds(),
		P99:        s.P99.Seconds(),
		Last:       s.Last.Seconds(),
	}
	if !s.LastTime.IsZero() {
		o.LastTime = timeText(s.LastTime)
	}
	return o
}

// timeText returns the time as text for JSON. time.Time refuses to marshal some
// years, and one such error would fail the whole document.
func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

type operationJSON struct {
	Count      uint64  `json:"count"`
	Failures   uint64  `json:"failures"`
	Mean       float64 `json:"mean_seconds"`
	Min        float64 `json:"min_seconds"`
	Max        float64 `json:"max_seconds"`
	RecentMean float64 `json:"recent_mean_seconds"`
	P50        float64 `json:"p50_seconds"`
	P90        float64 `json:"p90_seconds"`
	P99        float64 `json:"p99_seconds"`
	Last       float64 `json:"last_seconds"`
	LastTime   string  `json:"last_time,omitempty"`
}

type ledgerJSON struct {
	MessagesLogged uint64                       `json:"messages_logged"`
	Filtered       uint64                       `json:"filtered"`
	Exported       uint64                       `json:"exported"`
	Fallback       uint64                       `json:"fallback"`
	DroppedTotal   uint64                       `json:"dropped_total"`
	Dropped        map[string]map[string]uint64 `json:"dropped"`
	QueueSize      int                          `json:"queue_size"`
	QueueCapacity  int                          `json:"queue_capacity"`
	QueueBytes     int                          `json:"queue_bytes"`
	BytesCapacity  int                          `json:"queue_bytes_capacity"`
	InFlight       int                          `json:"in_flight"`
	Balanced       bool                         `json:"balanced"`

	Degraded            bool   `json:"degraded"`
	DegradedSince       string `json:"degraded_since,omitempty"`
	ConsecutiveFailures int    `json:"consecutive_failures"`
	Retries             uint64 `json:"retries"`
	FallbackCopies      uint64 `json:"fallback_copies"`
	FallbackWithheld    uint64 `json:"fallback_withheld"`
	Suppressed          uint64 `json:"suppressed"`
	GapRecords          uint64 `json:"gap_records"`

	Exporters []exporterJSON `json:"exporters"`
}

type exporterJSON struct {
	Type     string  `json:"type"`
	Exports  uint64  `json:"exports"`
	Failures uint64  `json:"failures"`
	Exported uint64  `json:"exported"`
	InFlight int     `json:"in_flight"`
	Duration float64 `json:"duration_seconds"`
	Failing  bool    `json:"failing"`
}

// newLedgerJSON copies s. Tags on processor.Stats would not do: reasons and
// severities become keys, and an exporter's last error is left out.
func newLedgerJSON(s processor.Stats) ledgerJSON {
	l := ledgerJSON{
		MessagesLogged: s.Emitted,
		Filtered:       s.Filtered,
		Exported:       s.Exported,
		Fallback:       s.Fallback,
		DroppedTotal:   s.DroppedTotal(),
		Dropped:        make(map[string]map[string]uint64),
		QueueSize:      s.Queued,
		QueueCapacity:  s.Capacity,
		QueueBytes:     s.QueuedBytes,
		BytesCapacity:  s.CapacityBytes,
		InFlight:       s.InFlight,
		Balanced:       s.Balanced(),

		Degraded:            s.Degraded,
		ConsecutiveFailures: s.ConsecutiveFailures,
		Retries:             s.Retries,
		FallbackCopies:      s.FallbackCopies,
		FallbackWithheld:    s.FallbackWithheld,
		Suppressed:          s.Suppressed,
		GapRecords:          s.GapRecords,

		Exporters: make([]exporterJSON, len(s.Exporters)),
	}
	if !s.DegradedSince.IsZero() {
		l.DegradedSince = timeText(s.DegradedSince)
	}
	for _, d := range s.Dropped {
		bySeverity := l.Dropped[string(d.Reason)]
		if bySeverity == nil {
			bySeverity = make(map[string]uint64)
			l.Dropped[string(d.Reason)] = bySeverity
		}
		bySeverity[severityName(d.Severity)] += d.Count
	}
	for i := range s.Exporters {
		e := &s.Exporters[i]
		l.Exporters[i] = exporterJSON{
			Type:     e.Type,
			Exports:  e.Exports,
			Failures: e.Failures,
			Exported: e.Exported,
			InFlight: e.InFlight,
			Duration: e.Duration.Seconds(),
			Failing:  e.Failing,
		}
	}
	return l
}

// severityName returns the name of the severity's range. A number outside the data
// model counts as the nearest range, as in the processor.
func severityName(s log.Severity) string {
	names := [...]string{"UNSPECIFIED", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}
	if s <= 0 {
		return names[0]
	}
	return names[min((int(s)+3)/4, len(names)-1)]
}
