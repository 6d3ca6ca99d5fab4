package processor

import (
	"cmp"
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor/internal/fallback"
	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// ledger counts where every record ends, in exactly one place.
//
// Entries and ends are counted independently, so the balance equation detects a
// record that goes missing: accepted records are counted by the queue, when a slot is
// claimed, all others in refused and filtered.
//
// The outcome of records that the queue has accepted is committed under the queue's
// mutex, in the step in which the queue releases them; see queue.Consumer.Settle. A
// snapshot under the same mutex therefore balances whenever no call of OnEmit or
// Shutdown is under way, even while exports are.
type ledger struct {
	filtered  atomic.Uint64
	refused   atomic.Uint64 // not accepted by the queue; counted before the record's end is
	submitted atomic.Uint64 // handed to an exporter, for the first time
	exported  atomic.Uint64

	dropped  [numReasons][severityRanges]atomic.Uint64
	fallback [numReasons]atomic.Uint64 // written to the fallback, by the reason for which they would have been dropped
	// lostAfterSubmit is how many of both are in submitted, too, because they were waiting
	// for a retry. It is counted last.
	lostAfterSubmit [numReasons]atomic.Uint64

	retries  atomic.Uint64 // batches exported again after a failure
	copied   atomic.Uint64 // critical records written to the fallback that are, or were, in the queue
	withheld atomic.Uint64 // critical records that were to be copied and were not

	hook *dropHook   // nil: none
	gaps *gapTracker // nil: no gap records
}

// drop counts n lost records. submitted says whether an exporter got them before.
func (l *ledger) drop(why reason, severityRange int, n uint64, submitted bool) {
	if n == 0 {
		return
	}
	l.gaps.noteTime()
	l.dropped[why][severityRange].Add(n)
	if submitted {
		l.lostAfterSubmit[why].Add(n)
	}
	l.hook.wake()
}

func (l *ledger) dropAll(why reason, counts *severityCounts, submitted bool) {
	for r, n := range counts {
		l.drop(why, r, n, submitted)
	}
}

// fallbackCompleted counts an entry of the fallback that was written or given up. A copy
// is not the end of a record.
func (l *ledger) fallbackCompleted(e *fallback.Entry, written bool) {
	switch why := reason(e.Cause); {
	case e.Kind == fallback.Notice:
	case e.Kind == fallback.Copy && written:
		l.copied.Add(1)
	case e.Kind == fallback.Copy:
		l.withheld.Add(1)
	case written:
		// Again, because a gap record may have been made since the record was lost.
		l.gaps.noteResource(e.Resource)
		l.gaps.noteTime()
		l.fallback[why].Add(1)
		if e.Submitted {
			l.lostAfterSubmit[why].Add(1)
		}
	default:
		l.gaps.noteResource(e.Resource)
		l.drop(why, rangeOf(e.Severity), 1, e.Submitted)
	}
}

func (l *ledger) fallbackTotal() uint64 {
	var n uint64
	for why := range numReasons {
		n += l.fallback[why].Load()
	}
	return n
}

// dropCounts is a copy of the ledger's drop counters.
type dropCounts [numReasons][severityRanges]uint64

func (l *ledger) dropCounts() (n dropCounts) {
	for why := range numReasons {
		for r := range severityRanges {
			n[why][r] = l.dropped[why][r].Load()
		}
	}
	return n
}

// list returns the counts that are not zero, sorted by reason and severity.
func (n *dropCounts) list() []Drop {
	var drops []Drop
	for why := range numReasons {
		for r, count := range n[why] {
			if count > 0 {
				drops = append(drops, Drop{Reason: reasonNames[why], Severity: lowestOf(r), Count: count})
			}
		}
	}
	slices.SortFunc(drops, func(a, b Drop) int {
		return cmp.Or(cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Severity, b.Severity))
	})
	return drops
}

func (n *dropCounts) total() uint64 {
	var sum uint64
	for why := range n {
		for _, count := range n[why] {
			sum += count
		}
	}
	return sum
}

// since returns what was dropped between before and n.
func (n dropCounts) since(before *dropCounts) dropCounts {
	for why := range n {
		for r := range n[why] {
			n[why][r] -= before[why][r]
		}
	}
	return n
}

// severityCounts counts records by severity range.
type severityCounts [severityRanges]uint64

func (c *severityCounts) add(s log.Severity) { c[rangeOf(s)]++ }

// lostGroup is records that are lost together for one reason: those to count, and those
// for the fallback.
type lostGroup struct {
	why       reason
	submitted bool // an exporter got them before
	counts    severityCounts
	critical  []fallback.Entry
}

// prepareCommit works out the accounting for records with this outcome, and returns the
// function that commits it in one step. submitted says whether an exporter got them.
func (p *Processor) prepareCommit(h *exporterHandle, recs []sdklog.Record, o outcome, submitted bool) (commit func()) {
	if o.failed {
		lost := p.groupLost(recs, o.why, submitted)
		return func() { p.commitLoss(lost) }
	}
	exported := uint64(len(recs) - o.rejected)
	lost := p.groupRejected(recs, o.rejected)
	return func() {
		p.ledger.exported.Add(exported)
		h.exported.Add(exported)
		p.commitLoss(lost)
	}
}

// groupLost separates lost records into those to count and those for the fallback.
func (p *Processor) groupLost(recs []sdklog.Record, why reason, submitted bool) lostGroup {
	g := lostGroup{why: why, submitted: submitted}
	if n := p.countForFallback(recs); n > 0 {
		g.critical = make([]fallback.Entry, 0, n)
	}
	for i := range recs {
		r := &recs[i]
		p.gaps.noteResource(r.Resource())
		if p.isForFallback(r) {
			g.critical = append(g.critical, fallback.NewLost(r, uint8(why), submitted))
			continue
		}
		g.counts.add(r.Severity())
	}
	return g
}

func (p *Processor) isForFallback(r *sdklog.Record) bool {
	return p.fallback != nil && r.Severity() >= p.cfg.critical
}

func (p *Processor) countForFallback(recs []sdklog.Record) (n int) {
	for i := range recs {
		if p.isForFallback(&recs[i]) {
			n++
		}
	}
	return n
}

// groupRejected returns the loss of the n records of a batch which the receiver rejected.
// The receiver does not say which they are. So unless all records were rejected, or all
// are of one range, their severity is unknown, and none can be written to the fallback.
func (p *Processor) groupRejected(recs []sdklog.Record, n int) lostGroup {
	if n == len(recs) {
		return p.groupLost(recs, rejected, false)
	}
	g := lostGroup{why: rejected}
	if n == 0 {
		return g
	}
	p.gaps.noteResource(recs[0].Resource())
	common := rangeOf(recs[0].Severity())
	for i := range recs {
		if rangeOf(recs[i].Severity()) != common {
			common = 0
			break
		}
	}
	g.counts[common] = uint64(n)
	return g
}

// commitLoss hands the critical records to the fallback, and counts all others.
func (p *Processor) commitLoss(g lostGroup) {
	taken := p.fallback.OfferAllLost(g.critical)
	for i := range g.critical[taken:] {
		g.counts.add(g.critical[taken+i].Severity)
	}
	p.ledger.dropAll(g.why, &g.counts, g.submitted)
}

// refuse accounts for a record that was not accepted.
func (p *Processor) refuse(r *sdklog.Record, why reason) {
	p.ledger.refused.Add(1)
	p.lose(r, why, false)
}

// lose hands a record to the fallback, or drops it.
func (p *Processor) lose(r *sdklog.Record, why reason, submitted bool) {
	if p.gaps != nil { // checked here, because noteResource is too large to be inlined
		p.gaps.noteResource(r.Resource())
	}
	if r.Severity() >= p.cfg.critical && p.fallback.OfferLost(r, uint8(why), submitted) {
		return
	}
	p.ledger.drop(why, rangeOf(r.Severity()), 1, submitted)
}

// displaced accounts for a queued record that a newer one displaced.
func (p *Processor) displaced(v queue.Victim) {
	why := p.displacedReason(&v)
	if v.Record != nil {
		p.lose(v.Record, why, v.Requeued)
		return
	}
	p.ledger.drop(why, rangeOf(log.Severity(v.Level)), 1, v.Requeued)
}

// displacedMany accounts for n queued records like v, below the critical severity, that
// newer ones displaced. It is called with the queue's mutex held.
func (p *Processor) displacedMany(v queue.Victim, n int) {
	p.ledger.drop(p.displacedReason(&v), rangeOf(log.Severity(v.Level)), uint64(n), v.Requeued)
}

// displacedByRetry accounts for the queued records that a batch displaced when it was put
// back into the queue.
func (p *Processor) displacedByRetry(victims []queue.Victim) {
	for len(victims) > 0 {
		g := lostGroup{why: p.displacedReason(&victims[0]), submitted: victims[0].Requeued}
		n := 0
		for ; n < len(victims) && victims[n].Requeued == g.submitted && p.displacedReason(&victims[n]) == g.why; n++ {
			v := &victims[n]
			if v.Record != nil && p.fallback != nil {
				p.gaps.noteResource(v.Record.Resource())
				g.critical = append(g.critical, fallback.NewLostCopy(v.Record, uint8(g.why), g.submitted))
				continue
			}
			g.counts.add(log.Severity(v.Level))
		}
		p.commitLoss(g)
		victims = victims[n:]
	}
}

// syncDisplaced makes the queue report the records that were displaced and are not in the
// ledger yet.
func (p *Processor) syncDisplaced() {
	if p.queue != nil {
		p.queue.Len()
	}
}

// displacedReason returns the reason under which a displaced record counts. A record
// exported before keeps the reason of its last failure, because it may have arrived.
func (p *Processor) displacedReason(v *queue.Victim) reason {
	switch {
	case v.Requeued:
		return reason(v.Cause)
	case p.cfg.overflow.policy == queue.DropLowest:
		return evicted
	default:
		return queueFull
	}
}
