package processor

import (
	"time"

	"go.opentelemetry.io/otel/log"
)

// Drop is a number of lost records that share reason and severity range.
type Drop struct {
	// Reason says why the records were lost.
	Reason Reason
	// Severity is the lowest of the range: 0 unspecified, 1 TRACE, 5 DEBUG,
	// 9 INFO, 13 WARN, 17 ERROR, 21 FATAL. Of a batch that a receiver rejected
	// in part it is 0, because the receiver does not tell which records.
	Severity log.Severity
	// Count is how many there are.
	Count uint64
}

// Stats is the processor's ledger: where every record is or has ended.
//
//	Emitted = Filtered + Exported + Fallback + Σ Dropped + Queued + InFlight
//
// The equation holds whenever no call of OnEmit or Shutdown is under way, and at
// no time have more records ended than were emitted.
type Stats struct {
	// Emitted counts the records handed to OnEmit. What a caller did not build,
	// because Enabled said no, is not among them.
	Emitted uint64
	// Filtered counts records below the minimum severity (WithMinSeverity), and
	// what an exporter itself logged while exporting.
	Filtered uint64
	// Exported counts records for which an exporter returned success.
	Exported uint64
	// Fallback counts critical records that could not be exported and were
	// written to the fallback instead. They are not in Dropped.
	Fallback uint64
	// Dropped counts lost records by reason and severity, sorted by reason, then
	// severity; only what is not zero.
	Dropped []Drop

	// Queued is how many records wait for export, or for another attempt, at most
	// Capacity.
	Queued int
	// Reserved is how much room is kept for records whose export has failed before, while
	// an exporter tries them again. Newcomers find the queue full when Queued and
	// Reserved reach Capacity. The records are InFlight, so it is no part of the equation.
	Reserved int
	// InFlight is how many records exporters hold right now, together with
	// those waiting to be written to the fallback, and, while Shutdown drains the
	// queue, those that came back from a failed export and are beyond its capacity.
	InFlight int
	// Capacity is the size of the queue; 0 in synchronous mode.
	Capacity int
	// QueuedBytes is about how many bytes the queued records take in OTLP, and
	// CapacityBytes how many they may take; both are 0 without WithMaxQueueBytes.
	QueuedBytes, CapacityBytes int

	// Degraded tells that no exporter works: the last three exports, or more, have
	// failed, and there is no exporter whose last export succeeded, or that has not
	// been used. Records wait in the queue meanwhile.
	Degraded bool
	// DegradedSince is when that began; the zero time if it is not so.
	DegradedSince time.Time
	// ConsecutiveFailures is how many exports have failed since the last success,
	// of whichever exporter.
	ConsecutiveFailures int
	// Retries counts batches that were exported again after a failure.
	Retries uint64
	// FallbackCopies counts critical records that were written to the fallback as
	// they came, because the processor was degraded. They are in the queue as well,
	// and no part of the equation: if one is lost after all it is written again, and
	// counted in Fallback.
	FallbackCopies uint64
	// FallbackWithheld counts those that were not: because they were too many, which is
	// more than 100 at once, and then ten a second, or because the writer did not take
	// them.
	FallbackWithheld uint64

	// Pressed tells that the queue is under pressure right now, so that Enabled
	// holds callers back; Suppressed counts how often it has done so. Both are for
	// [WithPressure]. What was suppressed is not among the Emitted, and is about
	// the number of records that callers did not build.
	Pressed    bool
	Suppressed uint64

	// GapRecords counts the exports of gap records ([WithGapRecords]) that
	// succeeded. They are the processor's own, and no part of the equation; among
	// the Exports of their exporter they are.
	GapRecords uint64

	// Exporters has the figures of each exporter, in the order in which they
	// were given.
	Exporters []ExporterStats
}

// ExporterStats are the figures of one exporter.
type ExporterStats struct {
	// Type is the exporter's Go type, such as "*otlploggrpc.Exporter".
	Type string
	// Exports counts calls of Export that have ended, Failures those of them
	// that returned an error or panicked.
	Exports, Failures uint64
	// Exported counts the records that the exporter took.
	Exported uint64
	// InFlight is how many records the exporter holds right now.
	InFlight int
	// Duration is the time spent in Export, in all.
	Duration time.Duration
	// Failing tells that the last Export failed.
	Failing bool
	// LastError is the text of the last failure, "" if there was none.
	LastError string
}

// DroppedTotal returns the number of lost records, for whatever reason.
func (s Stats) DroppedTotal() uint64 {
	var n uint64
	for _, d := range s.Dropped {
		n += d.Count
	}
	return n
}

// Balanced tells whether every emitted record is accounted for. A snapshot taken
// while OnEmit or Shutdown runs may be off by the records those calls hold.
func (s Stats) Balanced() bool {
	held := uint64(s.Queued) + uint64(s.InFlight)
	return s.Emitted == s.Filtered+s.Exported+s.Fallback+s.DroppedTotal()+held
}
