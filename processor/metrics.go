package processor

import (
	"sync/atomic"
	"weak"

	"github.com/krunchwrapper/asynclog/processor/internal/observ"
)

// metricsSource is what the metrics read. A meter keeps it until the first collection
// after Shutdown, which never comes in a program without metrics. So after Shutdown it
// holds the processor weakly: a meter that is never collected does not keep the processor
// alive.
type metricsSource struct {
	running atomic.Pointer[Processor] // nil: it was shut down
	// Valid after Shutdown. Records that come then are counted too, while the processor
	// is reachable.
	stopped weak.Pointer[Processor]
	final   observ.Reading
}

func newMetricsSource(p *Processor) *metricsSource {
	m := &metricsSource{}
	m.running.Store(p)
	return m
}

func (m *metricsSource) read() observ.Reading {
	p := m.running.Load()
	if p == nil {
		p = m.stopped.Value()
	}
	if p == nil {
		return m.final
	}
	return p.reading()
}

// finish releases the processor. It is called once.
func (m *metricsSource) finish() {
	p := m.running.Load()
	m.stopped, m.final = weak.Make(p), p.reading()
	m.running.Store(nil)
}

// reading returns what the metrics observe. All that makes up the ledger is of one
// snapshot, so that it balances.
func (p *Processor) reading() observ.Reading {
	s := p.Stats()
	r := observ.Reading{
		Queued: int64(s.Queued), Capacity: int64(s.Capacity),
		Submitted: int64(p.ledger.submitted.Load()),
		Fallback:  int64(s.Fallback),
		Degraded:  p.backoff.Degraded(),
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
		submitted := p.ledger.lostAfterSubmit[why].Load() // first: it is counted last
		n := p.ledger.fallback[why].Load()
		for s := range severityRanges {
			n += p.ledger.dropped[why][s].Load()
		}
		if n -= submitted; n > 0 {
			r.Lost = append(r.Lost, observ.Lost{ErrorType: string(reasonNames[why]), Records: int64(n)})
		}
	}
	return r
}
