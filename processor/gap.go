package processor

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

const (
	// lossTimeResolution is how exactly the time of a loss is known. One loss in this time
	// reads the clock.
	lossTimeResolution = 100 * time.Millisecond
	// gapInterval is the shortest time between two gap records. Losses in between are in
	// the next one. It doubles with each gap record that is not accepted, up to
	// maxGapInterval.
	gapInterval    = time.Second
	maxGapInterval = time.Minute
	// maxGapResources is how many resources of lost records are remembered. Nearly every
	// program has one.
	maxGapResources = 8
)

// gapTracker knows which losses no gap record has reported yet. A nil gapTracker reports
// none.
//
// The ledger counts the losses. The tracker reports the difference between the ledger now
// and at the last gap record; it looks at the ledger after an export. A loss costs two
// loads, and once in the lossTimeResolution a look at the clock.
type gapTracker struct {
	ledger *ledger

	fresh atomic.Bool                       // a loss has read the clock a moment ago
	known atomic.Pointer[resource.Resource] // the last one in resources; nil: none
	count atomic.Uint64                     // gap records that were accepted
	// exported is the resource of the records that were exported last.
	exported atomic.Pointer[resource.Resource]

	mu         sync.Mutex
	first      time.Time // of the losses that are in no gap record yet; zero: not known
	last       time.Time
	resources  []*resource.Resource // of those losses
	reported   lossSnapshot         // at the last gap record
	reportedAt time.Time            // when that was made
	busy       bool                 // a gap record is being exported
	failures   int                  // in a row
	next       time.Time            // there is no gap record before
	finished   bool                 // there are no more gap records
	expiry     *time.Timer          // calls expire; nil: there was no loss yet
}

// lossSnapshot is a copy of the drop and fallback counters.
type lossSnapshot struct {
	dropped dropCounts
	saved   [numReasons]uint64 // written to the fallback
}

func (l *ledger) lossSnapshot() lossSnapshot {
	s := lossSnapshot{dropped: l.dropCounts()}
	for why := range s.saved {
		s.saved[why] = l.fallback[why].Load()
	}
	return s
}

func newGapTracker(l *ledger) *gapTracker { return &gapTracker{ledger: l, reportedAt: time.Now()} }

// noteResource notes the resource of a record that is about to be lost. Of a displaced
// record that is not critical only the severity is known; it counts under the resource of
// the others, or of the records that are exported.
func (g *gapTracker) noteResource(res *resource.Resource) {
	if g != nil && g.known.Load() != res {
		g.addResource(res)
	}
}

func (g *gapTracker) addResource(res *resource.Resource) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.addResourceLocked(res)
}

func (g *gapTracker) addResourceLocked(res *resource.Resource) {
	if res == nil {
		return
	}
	g.known.Store(res)
	for _, other := range g.resources {
		if other == res || other.Equal(res) {
			return
		}
	}
	if len(g.resources) < maxGapResources {
		g.resources = append(g.resources, res)
	}
}

// noteTime notes the time of a loss, just before the loss is counted.
func (g *gapTracker) noteTime() {
	if g != nil && !g.fresh.Load() { // small enough to be inlined
		g.readClock()
	}
}

func (g *gapTracker) readClock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.finished || g.fresh.Load() {
		return
	}
	g.last = time.Now()
	if g.first.IsZero() {
		g.first = g.last
	}
	g.fresh.Store(true)
	if g.expiry == nil {
		g.expiry = time.AfterFunc(lossTimeResolution, g.expire)
	} else {
		g.expiry.Reset(lossTimeResolution)
	}
}

// expire clears fresh so that the next loss reads the clock; after finish it leaves fresh
// set.
func (g *gapTracker) expire() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fresh.Store(g.finished)
}

// finish ends the tracking: there will be no more gap records, and no timer starts a
// goroutine after Shutdown.
func (g *gapTracker) finish() {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.finished = true
	g.fresh.Store(true)
	if g.expiry != nil {
		g.expiry.Stop()
	}
}

// exportedCount returns how many gap records were exported.
func (g *gapTracker) exportedCount() uint64 {
	if g == nil {
		return 0
	}
	return g.count.Load()
}

// gap is the losses that a gap record reports.
type gap struct {
	lost        dropCounts
	saved       [numReasons]uint64
	first, last time.Time
	resources   []*resource.Resource

	snapshot lossSnapshot // when the gap record was made
	made     time.Time
}

// begin returns the losses that are to be reported now. It reports false if there are none,
// or if it is too early and this is not the final gap record. The caller must call end.
func (g *gapTracker) begin(final bool) (*gap, bool) {
	if g == nil {
		return nil, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if g.busy || now.Before(g.next) && !final {
		return nil, false
	}
	// Before the ledger is read, so that later losses read the clock.
	g.fresh.Store(false)
	s := g.ledger.lossSnapshot()
	if s == g.reported {
		return nil, false
	}
	n := &gap{lost: s.dropped.since(&g.reported.dropped), saved: s.saved, snapshot: s, made: now}
	for why := range n.saved {
		n.saved[why] -= g.reported.saved[why]
	}
	n.first, n.last = g.first, now
	if n.first.IsZero() { // the time was noted before the last gap record, and the loss counted after it
		n.first = g.reportedAt
	}
	if last := g.last.Add(lossTimeResolution); !g.last.IsZero() && last.Before(now) {
		n.last = last
	}
	n.resources = g.resources
	g.first, g.last, g.resources = time.Time{}, time.Time{}, nil
	g.known.Store(nil)
	g.busy = true
	return n, true
}

// end notes whether the gap record was accepted. If not, the next one includes its losses.
func (g *gapTracker) end(n *gap, accepted bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy = false
	if accepted {
		g.reported, g.reportedAt = n.snapshot, n.made
		g.failures = 0
		g.next = n.made.Add(gapInterval)
		g.count.Add(1)
		return
	}
	g.next = time.Now().Add(min(gapInterval<<min(g.failures, 10), maxGapInterval))
	g.failures++
	g.first = n.first
	if g.last.IsZero() {
		g.last = n.last.Add(-lossTimeResolution)
	}
	later := g.resources
	g.resources = n.resources
	for _, res := range later {
		g.addResourceLocked(res)
	}
}

// reportGap exports a gap record, if one is due, on the exporter that has just accepted
// records of the resource.
func (w *worker) reportGap(res *resource.Resource) {
	if w.p.gaps == nil {
		return
	}
	w.p.gaps.exported.Store(res)
	w.p.reportGap(w.exporter, false, w.exportGap)
}

func (w *worker) exportGap(recs []sdklog.Record) outcome {
	p := w.p
	f := &inFlight{} // without records, so that Shutdown does not wait for it for ever
	w.current.Store(f)
	defer func() {
		if f.claim() {
			w.current.Store(nil)
		}
	}()
	if !w.exporter.acquire(p.exportCtx, nil) {
		return outcome{failed: true}
	}
	w.exporter.backoff.Begin(p.cfg.exportTimeout)
	defer w.exporter.backoff.End()
	return w.exporter.export(p.exportCtx, p.cfg.exportTimeout, recs)
}

// reportGap exports a gap record with the function, if one is due.
func (p *Processor) reportGap(h *exporterHandle, final bool, export func([]sdklog.Record) outcome) {
	n, ok := p.gaps.begin(final)
	if !ok {
		return
	}
	o := outcome{failed: true} // stands if the exporter ends the goroutine
	defer func() { p.gaps.end(n, !o.failed && o.rejected == 0) }()
	recs := containedRecords(p.exportCtx, func() []sdklog.Record { return n.records(p.gaps.exported.Load()) })
	if recs == nil {
		return
	}
	o = export(recs)
	p.reporter.Report(o.describeError(h, !final))
}

// reportLastGap exports a gap record after the last record, if there are unreported
// losses, on the first exporter that can be expected to accept it. It does not wait longer
// than usercode.Await.
func (p *Processor) reportLastGap(ctx context.Context) {
	if p.gaps == nil {
		return
	}
	for _, h := range p.exporters {
		if h.unavailable.Load() || ctx.Err() != nil {
			continue
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.reportGap(h, true, func(recs []sdklog.Record) outcome {
				if !h.acquire(ctx, nil) {
					return outcome{failed: true}
				}
				return h.export(withExporting(ctx), p.cfg.exportTimeout, recs)
			})
		}()
		usercode.Await(ctx, done)
		return
	}
}
