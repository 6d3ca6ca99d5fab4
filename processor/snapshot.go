package processor

import (
	"github.com/krunchwrapper/asynclog/processor/internal/observ"
	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// Stats returns where every record is or has ended. It holds the queue's mutex
// for well under a microsecond per exporter; call it as often as you like.
func (p *Processor) Stats() Stats {
	var s Stats
	var dropped losses
	p.counts(func(c queue.Counts, pending int) {
		// Ends first, entries last: a record that ends in between has entered,
		// so no snapshot has more ends than entries.
		s.Filtered = p.ledger.filtered.Load()
		s.Exported = p.ledger.exported.Load()
		s.Fallback = p.ledger.fallbackTotal()
		dropped = p.ledger.losses()
		s.Queued, s.Reserved, s.InFlight = c.Queued, c.Reserved, c.InFlight+pending
		s.QueuedBytes = c.QueuedBytes
		s.Emitted = c.Admitted + p.ledger.turnedAway.Load() + s.Filtered
	})
	s.Dropped = dropped.list()
	s.Retries = p.ledger.retries.Load()
	s.FallbackCopies, s.FallbackWithheld = p.ledger.copied.Load(), p.ledger.withheld.Load()
	if p.health != nil {
		s.DegradedSince, s.ConsecutiveFailures = p.health.state()
		s.Degraded = !s.DegradedSince.IsZero()
	}
	if p.queue != nil {
		s.Capacity, s.CapacityBytes = p.queue.Capacity(), p.queue.MaxBytes()
	}
	s.Pressed, s.Suppressed = p.pressure.pressed(), p.pressure.total()
	s.GapRecords = p.gaps.taken()
	s.Exporters = make([]ExporterStats, len(p.lanes))
	for i, l := range p.lanes {
		s.Exporters[i] = l.stats()
	}
	return s
}

// counts calls read while nothing is booked that concerns records in the queue,
// in flight or on their way to the fallback.
func (p *Processor) counts(read func(c queue.Counts, pending int)) {
	withQueue := func(c queue.Counts) {
		p.fallback.snapshot(func(pending int) { read(c, pending) })
	}
	switch {
	case p.queue != nil:
		p.queue.Snapshot(withQueue)
	case p.direct != nil:
		withQueue(queue.Counts{InFlight: int(p.direct.inFlight.Load())})
	default:
		withQueue(queue.Counts{})
	}
}

// reading tells the metrics what they observe. What makes up the ledger is of one
// snapshot, so that it balances.
func (p *Processor) reading() observ.Reading {
	s := p.Stats()
	r := observ.Reading{
		Queued: int64(s.Queued), Capacity: int64(s.Capacity),
		Submitted: int64(p.ledger.submitted.Load()),
		Fallback:  int64(s.Fallback),
		Degraded:  p.health.degraded.Load(),
		Ledger: observ.Ledger{
			Emitted: int64(s.Emitted), Filtered: int64(s.Filtered),
			Exported: int64(s.Exported), InFlight: int64(s.InFlight),
		},
	}
	for _, d := range s.Dropped {
		r.Ledger.Dropped = append(r.Ledger.Dropped, observ.Dropped{
			ErrorType: string(d.Reason), Severity: rangeNames[rangeOf(d.Severity)], Records: int64(d.Count),
		})
	}
	if p.pressure != nil {
		r.Pressure, r.Suppressed = true, int64(p.pressure.total())
	}
	for why := range numReasons {
		if !why.beforeExport() {
			continue
		}
		handed := p.ledger.handed[why].Load() // first: it is counted last
		n := p.ledger.fallback[why].Load()
		for s := range severityRanges {
			n += p.ledger.dropped[why][s].Load()
		}
		if n -= handed; n > 0 {
			r.Lost = append(r.Lost, observ.Lost{ErrorType: string(reasonNames[why]), Records: int64(n)})
		}
	}
	return r
}
