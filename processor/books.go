package processor

import (
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// loss is records that are lost together for one reason: those to count, and those
// for the fallback.
type loss struct {
	why      reason
	handed   bool // they have been handed to an exporter before
	counted  tally
	critical []lost
}

// closing works out what becomes of records with this outcome, which have been
// handed to an exporter or not, and returns what is to be booked in one step.
func (p *Processor) closing(l *lane, recs []sdklog.Record, o outcome, handed bool) (book func()) {
	if o.failed {
		lost := p.lossOf(recs, o.why, handed)
		return func() { p.bookLoss(lost) }
	}
	exported := uint64(len(recs) - o.rejected)
	refused := p.refused(recs, o.rejected)
	return func() {
		p.ledger.exported.Add(exported)
		l.exported.Add(exported)
		p.bookLoss(refused)
	}
}

// lossOf parts records that are lost into those to count and those for the
// fallback.
func (p *Processor) lossOf(recs []sdklog.Record, why reason, handed bool) loss {
	lo := loss{why: why, handed: handed}
	for i := range recs {
		r := &recs[i]
		p.gaps.see(r)
		if p.fallback != nil && r.Severity() >= p.cfg.critical {
			lo.critical = append(lo.critical, lost{rec: r.Clone(), why: why, handed: handed})
			continue
		}
		lo.counted.add(r.Severity())
	}
	return lo
}

// refused returns the loss of the n records of a batch which the receiver rejected.
// It does not say which they are, so unless it is all of them, or all are of one
// range, their severity is unknown, and none can be saved.
func (p *Processor) refused(recs []sdklog.Record, n int) loss {
	if n == len(recs) {
		return p.lossOf(recs, rejected, false)
	}
	lo := loss{why: rejected}
	if n == 0 {
		return lo
	}
	p.gaps.see(&recs[0])
	common := rangeOf(recs[0].Severity())
	for i := range recs {
		if rangeOf(recs[i].Severity()) != common {
			common = 0
			break
		}
	}
	lo.counted[common] = uint64(n)
	return lo
}

// giveWay books the queued records that made room for a batch which was put back.
func (p *Processor) giveWay(gone []queue.Victim) {
	for len(gone) > 0 {
		lo := loss{why: p.displacement(&gone[0]), handed: gone[0].Tried}
		n := 0
		for ; n < len(gone) && gone[n].Tried == lo.handed && p.displacement(&gone[n]) == lo.why; n++ {
			v := &gone[n]
			if v.Record != nil && p.fallback != nil {
				p.gaps.see(v.Record)
				lo.critical = append(lo.critical, lost{rec: *v.Record, why: lo.why, handed: lo.handed})
				continue
			}
			lo.counted.add(log.Severity(v.Level))
		}
		p.bookLoss(lo)
		gone = gone[n:]
	}
}

func (p *Processor) bookLoss(lo loss) {
	taken := p.fallback.offerAll(lo.critical)
	for i := range lo.critical[taken:] {
		lo.counted.add(lo.critical[taken+i].rec.Severity())
	}
	p.ledger.dropTally(lo.why, &lo.counted, lo.handed)
}

// turnAway accounts for a record that was not accepted.
func (p *Processor) turnAway(r *sdklog.Record, why reason) {
	p.ledger.turnedAway.Add(1)
	p.lose(r, why, false)
}

// lose sends a record to the fallback, or drops it.
func (p *Processor) lose(r *sdklog.Record, why reason, handed bool) {
	if p.gaps != nil { // asked here, because see is too large to be inlined
		p.gaps.see(r)
	}
	if r.Severity() >= p.cfg.critical && p.fallback.offer(r, why, handed) {
		return
	}
	p.ledger.drop(why, rangeOf(r.Severity()), 1, handed)
}

// displaced accounts for a queued record that gave way to a newer one.
func (p *Processor) displaced(v queue.Victim) {
	why := p.displacement(&v)
	if v.Record != nil {
		p.lose(v.Record, why, v.Tried)
		return
	}
	p.ledger.drop(why, rangeOf(log.Severity(v.Level)), 1, v.Tried)
}

// putDown has the queue tell what has been displaced and was not told yet.
func (p *Processor) putDown() {
	if p.queue != nil {
		p.queue.Len()
	}
}

// traded accounts for n queued records like v, below the critical severity, that gave
// way to newer ones. The queue's mutex is held.
func (p *Processor) traded(v queue.Victim, n int) {
	p.ledger.drop(p.displacement(&v), rangeOf(log.Severity(v.Level)), uint64(n), v.Tried)
}

// displacement is what a record is counted as that gave way to another. One that has
// been exported in vain before is counted as what came of that: it may have arrived,
// which the want of room must not hide.
func (p *Processor) displacement(v *queue.Victim) reason {
	switch {
	case v.Tried:
		return reason(v.Cause)
	case p.cfg.overflow.policy == queue.DropLowest:
		return evicted
	default:
		return queueFull
	}
}
