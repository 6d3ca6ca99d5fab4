package processor

import (
	"context"
	"math"
	"sync/atomic"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor/internal/observ"
	"github.com/krunchwrapper/asynclog/processor/internal/queue"
	"github.com/krunchwrapper/asynclog/processor/internal/size"
)

var _ sdklog.Processor = (*Processor)(nil)

// Processor is an OpenTelemetry log record processor. It queues the records it
// is given and exports them in batches in the background, and accounts for each
// of them. Create one with [New] and register it with sdklog.WithProcessor. The
// zero value is a processor that has been shut down.
//
// Its methods are safe for concurrent use.
type Processor struct {
	// Set by New, not changed afterwards. queue is nil in synchronous mode,
	// direct is nil otherwise; both are nil in the zero value.
	cfg         config
	queue       *queue.Queue
	direct      *direct
	lanes       []*lane
	workers     []*worker
	steward     *steward
	figures     *figures
	instruments *observ.Instruments
	fallback    *fallback // nil: none
	health      *health
	degraded    degraded
	pressure    *pressure // nil: Enabled does not heed the queue
	gaps        *gaps     // nil: nobody is told

	exportCtx     context.Context // parent of all exports' contexts
	cancelExports context.CancelFunc

	ledger   ledger
	reporter reporter
	stopped  atomic.Bool // Shutdown has begun
}

// New returns a processor that exports to the exporter, with the workers it needs
// running. An exporter that is nil discards what it is given.
//
// New(exp, …) replaces sdklog.NewBatchProcessor(exp, …): options of the same
// names mean the same, and so do the environment variables OTEL_BLRP_*. Invalid
// values are replaced by the defaults, and problems are reported to otel.Handle.
func New(exporter sdklog.Exporter, opts ...Option) *Processor {
	p := &Processor{cfg: newConfig(exporter, opts)}
	p.exportCtx, p.cancelExports = context.WithCancel(withExporting(context.Background()))
	for _, e := range p.cfg.exporters {
		p.lanes = append(p.lanes, newLane(e))
	}
	p.health = newHealth(p.cfg.retry, p.lanes)
	p.degraded.pace = bucket{burst: copyBurst, every: copyEvery}
	if p.cfg.dropHook != nil {
		p.ledger.hook = newDropHook(p.cfg.dropHook, &p.ledger, p.putDown, p.reporter.report)
	}
	if p.cfg.gapRecords && !p.cfg.synchronous {
		p.gaps = newGaps(&p.ledger)
		p.ledger.gaps = p.gaps
	}
	room := p.cfg.maxBatchSize * len(p.lanes)
	if p.cfg.synchronous {
		p.direct = newDirect()
	} else {
		room += p.cfg.maxQueueSize
		p.newQueue()
	}
	if p.cfg.fallback != nil {
		// As much as can be lost at one time: all that is queued and in flight.
		p.fallback = newFallback(p.cfg.fallback, room, &p.ledger, p.reporter.report)
	}

	var err error
	p.figures = newFigures(p)
	p.instruments, err = observ.New(p.cfg.meterProvider, p.figures.read)
	p.reporter.report(err)

	if p.queue != nil {
		for _, l := range p.lanes {
			w := &worker{p: p, lane: l, consumer: p.queue.NewConsumer(), sizer: newSizer(), done: make(chan struct{})}
			p.workers = append(p.workers, w)
			go w.run()
		}
		p.steward = newSteward(p.queue, p.cfg.exportInterval)
		go p.steward.run()
	}
	return p
}

func (p *Processor) newQueue() {
	cfg := queue.Config{
		Capacity:  p.cfg.maxQueueSize,
		BatchSize: p.cfg.maxBatchSize,
		Policy:    p.cfg.overflow.policy,
		MaxWait:   p.cfg.overflow.maxWait,
		KeepLevel: levelOf(p.cfg.critical),
		Displaced: p.displaced,
		Traded:    p.traded,
	}
	cfg.MaxBytes = max(p.cfg.maxQueueBytes, 0)
	if p.cfg.pressure == nil {
		p.queue = queue.New(cfg)
		return
	}
	pc := p.cfg.pressure.withDefaults()
	cfg.High, cfg.Low = pc.marks(cfg.Capacity)
	cfg.HighBytes, cfg.LowBytes = pc.marks(cfg.MaxBytes)
	p.queue = queue.New(cfg)
	p.pressure = &pressure{queue: p.queue, severity: min(pc.Severity, p.cfg.critical)}
}

// Enabled tells whether a record of that severity would be taken. It is false
// below the minimum severity, for what an exporter logs while it exports, and for
// what [WithPressure] holds back. Shutdown does not make it false, so that what
// comes too late is counted.
func (p *Processor) Enabled(ctx context.Context, param sdklog.EnabledParameters) bool {
	return !p.belowMinimum(param.Severity) && !isExporting(ctx) && !p.pressure.suppresses(param.Severity)
}

func (p *Processor) belowMinimum(s log.Severity) bool {
	return p.cfg.minSeverity != nil && s != log.SeverityUndefined && s < p.minSeverity()
}

// minSeverity asks the user's code for the minimum. There is none while that panics.
func (p *Processor) minSeverity() (s log.Severity) {
	defer func() {
		if v := recover(); v != nil {
			p.reporter.report(panicError("minimum severity", v))
			s = math.MinInt
		}
	}()
	return p.cfg.minSeverity.Severity()
}

// OnEmit takes a copy of the record. It does not block, unless [Block] or
// [WithSynchronous] was chosen, does not look at whether the context has ended,
// and always returns nil: what becomes of the record is told by [Processor.Stats].
func (p *Processor) OnEmit(ctx context.Context, r *sdklog.Record) error {
	if r == nil {
		return nil
	}
	severity := r.Severity()
	if p.belowMinimum(severity) || isExporting(ctx) {
		p.ledger.filtered.Add(1)
		return nil
	}
	if p.queue == nil {
		p.emitDirectly(r)
		return nil
	}
	switch p.offer(r, severity) {
	case queue.Accepted:
		if severity >= p.cfg.critical {
			p.steward.critical()
			if p.health.degraded.Load() {
				p.copyCritical(r)
			}
		}
	case queue.Full:
		p.turnAway(r, queueFull)
	case queue.TooLarge:
		p.turnAway(r, recordTooLarge)
	case queue.Closed:
		p.turnAway(r, alreadyShutdown)
	}
	return nil
}

// offer hands the record to the queue. Only where bytes are bounded does the caller
// pay for counting them.
func (p *Processor) offer(r *sdklog.Record, severity log.Severity) queue.Verdict {
	if p.cfg.maxQueueBytes > 0 {
		return p.queue.OfferSized(r, levelOf(severity), size.Record(r))
	}
	return p.queue.Offer(r, levelOf(severity))
}

// ExportNow exports the records that are waiting for a batch to fill. It only
// wakes a worker; to wait for the export, call [Processor.ForceFlush].
func (p *Processor) ExportNow() {
	if p.queue != nil {
		p.queue.Expedite()
	}
}
