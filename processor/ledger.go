package processor

import (
	"cmp"
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/log"
)

// ledger is where every record ends, in exactly one place.
//
// A record's entry is counted apart from its end: accepted records by the queue,
// when a slot is handed out, all others in turnedAway and filtered. So the books
// do not balance by construction but because no record is lost on its way.
//
// What happens to records that the queue has accepted is booked under the
// queue's mutex, in the step in which the queue lets go of them; see
// queue.Consumer.Settle. A snapshot under the same mutex therefore balances
// whenever no call of OnEmit or Shutdown is under way, even while exports are.
type ledger struct {
	filtered   atomic.Uint64
	turnedAway atomic.Uint64 // counted before the record's end is
	submitted  atomic.Uint64 // first handed to an exporter
	exported   atomic.Uint64

	dropped  [numReasons][severityRanges]atomic.Uint64
	fallback [numReasons]atomic.Uint64 // written to the fallback, by what else they would have been dropped for
	handed   [numReasons]atomic.Uint64 // of both, what is in submitted too: it waited for another attempt; counted last

	retries  atomic.Uint64 // batches taken again after a failed export
	copied   atomic.Uint64 // critical records written to the fallback that are in the queue, or were
	withheld atomic.Uint64 // of those, what was not written

	hook *dropHook // nil: none
	gaps *gaps     // nil: nobody is told
}

// drop books n lost records. They may have been handed to an exporter before.
func (l *ledger) drop(why reason, severityRange int, n uint64, handed bool) {
	if n == 0 {
		return
	}
	l.gaps.stamp()
	l.dropped[why][severityRange].Add(n)
	if handed {
		l.handed[why].Add(n)
	}
	l.hook.poke()
}

// save books a record that was written to the fallback.
func (l *ledger) save(why reason, handed bool) {
	l.gaps.stamp()
	l.fallback[why].Add(1)
	if handed {
		l.handed[why].Add(1)
	}
}

// copy notes what has become of a copy for the fallback. It is no end of a record.
func (l *ledger) copy(written bool) {
	if written {
		l.copied.Add(1)
	} else {
		l.withheld.Add(1)
	}
}

func (l *ledger) fallbackTotal() uint64 {
	var n uint64
	for why := range numReasons {
		n += l.fallback[why].Load()
	}
	return n
}

// losses is what a ledger counts as dropped, at one time.
type losses [numReasons][severityRanges]uint64

func (l *ledger) losses() (n losses) {
	for why := range numReasons {
		for r := range severityRanges {
			n[why][r] = l.dropped[why][r].Load()
		}
	}
	return n
}

// list returns what is not zero, sorted by reason and severity.
func (n *losses) list() []Drop {
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

func (n *losses) total() uint64 {
	var sum uint64
	for why := range n {
		for _, count := range n[why] {
			sum += count
		}
	}
	return sum
}

// since returns what was lost between before and n.
func (n losses) since(before *losses) losses {
	for why := range n {
		for r := range n[why] {
			n[why][r] -= before[why][r]
		}
	}
	return n
}

// tally counts records by severity range.
type tally [severityRanges]uint64

func (t *tally) add(s log.Severity) { t[rangeOf(s)]++ }

func (l *ledger) dropTally(why reason, t *tally, handed bool) {
	for r, n := range t {
		l.drop(why, r, n, handed)
	}
}
