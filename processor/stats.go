package processor

import (
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// Drop is a number of lost records that share reason and severity range.
type Drop struct {
	// Reason says why the records were lost.
	Reason Reason
	// Severity is the lowest of the range: 0 unspecified, 1 TRACE, 5 DEBUG,
	// 9 INFO, 13 WARN, 17 ERROR, 21 FATAL. For a batch that a receiver rejected
	// in part it is 0, because the receiver does not say which records it rejected.
	Severity log.Severity
	// Count is the number of records.
	Count uint64
}

// Stats is the processor's ledger: the current or final state of every record.
//
//	Emitted = Filtered + Exported + Fallback + Σ Dropped + Queued + InFlight
//
// The equation holds whenever no call of OnEmit or Shutdown is under way. At no time
// have more records ended than were emitted.
type Stats struct {
	// Emitted counts the records handed to OnEmit. Records that a caller did not
	// build because Enabled was false are not among them.
	Emitted uint64
	// Filtered counts records below the minimum severity ([WithMinSeverity]), and
	// records that an exporter itself logged while it exported.
	Filtered uint64
	// Exported counts records for which an exporter returned success.
	Exported uint64
	// Fallback counts critical records that could not be exported and were
	// written to the fallback instead. They are not in Dropped.
	Fallback uint64
	// Dropped counts lost records by reason and severity. It is sorted by reason,
	// then by severity, and contains no zero counts.
	Dropped []Drop

	// Queued is how many records wait for their export, or for a retry; at most
	// Capacity.
	Queued int
	// Reserved is how much capacity is kept for records whose export has failed before,
	// while an exporter retries them. New records find the queue full when Queued and
	// Reserved together reach Capacity. The reserved records are InFlight, so Reserved is
	// not part of the equation.
	Reserved int
	// InFlight is how many records exporters hold right now, including those that wait
	// to be written to the fallback and, while Shutdown drains the queue, those that
	// came back from a failed export and exceed its capacity.
	InFlight int
	// Capacity is the size of the queue; 0 in synchronous mode.
	Capacity int
	// QueuedBytes is about how many bytes the queued records take in OTLP, and
	// CapacityBytes, which it does not exceed, how many they may take; both are 0 without
	// WithMaxQueueBytes.
	QueuedBytes, CapacityBytes int

	// Degraded reports whether no exporter works: at least the last three exports have
	// failed, and no exporter is left whose last export succeeded, or that was not used
	// yet. Records wait in the queue meanwhile.
	Degraded bool
	// DegradedSince is when the processor became degraded; the zero time if it is not
	// degraded.
	DegradedSince time.Time
	// ConsecutiveFailures is how many exports have failed since the last success of any
	// exporter.
	ConsecutiveFailures int
	// Retries counts batches that were exported again after a failure.
	Retries uint64
	// FallbackCopies counts critical records that were written to the fallback when they
	// were emitted, because the processor was degraded. They are in the queue as well,
	// so they are not part of the equation: a record that is lost later is written
	// again, and counted in Fallback.
	FallbackCopies uint64
	// FallbackWithheld counts critical records that were not copied while the processor
	// was degraded: because there were too many, which is more than 100 at once and ten
	// a second after that, or because the writer failed.
	FallbackWithheld uint64

	// Pressed reports whether the queue is under pressure right now, so that Enabled
	// holds callers back; Suppressed counts how often it did. Both belong to
	// [WithPressure]. Suppressed is about the number of records that callers did not
	// build. They are not among the Emitted.
	Pressed    bool
	Suppressed uint64

	// GapRecords counts the successful exports of gap records ([WithGapRecords]). Gap
	// records are the processor's own: they are not part of the equation, but the
	// Exports of their exporter include them.
	GapRecords uint64

	// Exporters contains the figures of each exporter, in the order in which the
	// exporters were given.
	Exporters []ExporterStats
}

// ExporterStats are the figures of one exporter.
type ExporterStats struct {
	// Type is the exporter's Go type, such as "*otlploggrpc.Exporter".
	Type string
	// Exports counts the calls of Export that have ended, and Failures those that
	// returned an error or panicked.
	Exports, Failures uint64
	// Exported counts the records that the exporter took.
	Exported uint64
	// InFlight is how many records the exporter holds right now.
	InFlight int
	// Duration is the total time spent in Export.
	Duration time.Duration
	// Failing reports whether the last Export failed.
	Failing bool
	// LastError is the text of the last error, "" if there was none. What a receiver
	// answers may quote what others sent, so the text is on one line of at most 1 KiB, and
	// has escapes such as \n and \x1b in place of control characters, of characters that
	// reorder or hide text, and of invalid UTF-8.
	LastError string
}

// DroppedTotal returns the number of lost records for all reasons.
func (s Stats) DroppedTotal() uint64 {
	var n uint64
	for _, d := range s.Dropped {
		n += d.Count
	}
	return n
}

// Balanced reports whether every emitted record is accounted for. A snapshot taken while
// OnEmit or Shutdown runs may be off by the records that those calls hold.
func (s Stats) Balanced() bool {
	held := uint64(s.Queued) + uint64(s.InFlight)
	return s.Emitted == s.Filtered+s.Exported+s.Fallback+s.DroppedTotal()+held
}

// Stats returns the current or final state of every record. It holds the queue's mutex
// for well under a microsecond per exporter; call it as often as you like.
func (p *Processor) Stats() Stats {
	var s Stats
	var dropped dropCounts
	p.snapshot(func(c queue.Counts, pending int) {
		// Ends first, entries last: a record that ends in between has entered,
		// so no snapshot has more ends than entries.
		s.Filtered = p.ledger.filtered.Load()
		s.Exported = p.ledger.exported.Load()
		s.Fallback = p.ledger.fallbackTotal()
		dropped = p.ledger.dropCounts()
		s.Queued, s.Reserved, s.InFlight = c.Queued, c.Reserved, c.InFlight+pending
		s.QueuedBytes = c.QueuedBytes
		s.Emitted = c.Admitted + p.ledger.refused.Load() + s.Filtered
	})
	s.Dropped = dropped.list()
	s.Retries = p.ledger.retries.Load()
	s.FallbackCopies, s.FallbackWithheld = p.ledger.copied.Load(), p.ledger.withheld.Load()
	if p.backoff != nil {
		s.DegradedSince, s.ConsecutiveFailures = p.backoff.State()
		s.Degraded = !s.DegradedSince.IsZero()
	}
	if p.queue != nil {
		s.Capacity, s.CapacityBytes = p.queue.Capacity(), p.queue.MaxBytes()
	}
	s.Pressed, s.Suppressed = p.pressure.active(), p.pressure.total()
	s.GapRecords = p.gaps.exportedCount()
	s.Exporters = make([]ExporterStats, len(p.exporters))
	for i, h := range p.exporters {
		s.Exporters[i] = h.stats()
	}
	return s
}

// snapshot calls read while the outcome of no record that is queued, in flight or pending
// in the fallback can be committed.
func (p *Processor) snapshot(read func(c queue.Counts, pending int)) {
	withQueue := func(c queue.Counts) {
		p.fallback.Snapshot(func(pending int) { read(c, pending) })
	}
	switch {
	case p.queue != nil:
		p.queue.Snapshot(withQueue)
	case p.synchronous != nil:
		withQueue(queue.Counts{InFlight: int(p.synchronous.inFlight.Load())})
	default:
		withQueue(queue.Counts{})
	}
}
