package processor

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/nosigpipe"
	"github.com/krunchwrapper/asynclog/processor/internal/backoff"
	"github.com/krunchwrapper/asynclog/processor/internal/fallback"
	"github.com/krunchwrapper/asynclog/processor/internal/flushtimer"
	"github.com/krunchwrapper/asynclog/processor/internal/observ"
	"github.com/krunchwrapper/asynclog/processor/internal/queue"
	"github.com/krunchwrapper/asynclog/processor/internal/report"
	"github.com/krunchwrapper/asynclog/processor/internal/size"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

var _ sdklog.Processor = (*Processor)(nil)

// Processor is an OpenTelemetry log record processor. It queues the records it
// receives, exports them in batches in the background, and accounts for each of
// them. Create one with [New] and register it with sdklog.WithProcessor. The zero
// value is a processor that has been shut down.
//
// Its methods are safe for concurrent use.
type Processor struct {
	// Set by New, not changed afterwards. queue is nil in synchronous mode,
	// synchronous is nil otherwise; both are nil in the zero value.
	cfg         config
	queue       *queue.Queue
	synchronous *synchronous
	exporters   []*exporterHandle
	workers     []*worker
	flushTimer  *flushtimer.Timer
	metrics     *metricsSource
	instruments *observ.Instruments
	fallback    *fallback.Queue // nil: none
	backoff     *backoff.Group
	degraded    *degraded
	pressure    *pressure   // nil: Enabled does not depend on the queue
	gaps        *gapTracker // nil: no gap records

	exportCtx     context.Context // parent of the contexts of all exports
	cancelExports context.CancelFunc

	ledger   ledger
	reporter report.Reporter
	stopped  atomic.Bool // Shutdown has begun
}

// New returns a processor that exports to the exporter. Its goroutines are running.
// A nil exporter discards all records.
//
// New(exp, …) replaces sdklog.NewBatchProcessor(exp, …): options of the same
// names mean the same, and so do the environment variables OTEL_BLRP_*. Invalid
// values are replaced by the defaults, and problems are reported to otel.Handle.
func New(exporter sdklog.Exporter, opts ...Option) *Processor {
	p := &Processor{cfg: newConfig(exporter, opts)}
	p.exportCtx, p.cancelExports = context.WithCancel(withExporting(context.Background()))
	p.backoff = backoff.NewGroup(p.cfg.retry.backoff(), len(p.cfg.exporters))
	for i, e := range p.cfg.exporters {
		p.exporters = append(p.exporters, newExporterHandle(e, p.backoff.Exporter(i)))
	}
	p.degraded = newDegraded()
	if p.cfg.dropHook != nil {
		p.ledger.hook = newDropHook(p.cfg.dropHook, &p.ledger, p.syncDisplaced, p.reporter.Report)
	}
	if p.cfg.gapRecords && !p.cfg.synchronous {
		p.gaps = newGapTracker(&p.ledger)
		p.ledger.gaps = p.gaps
	}
	if p.cfg.synchronous {
		p.synchronous = newSynchronous()
	} else {
		p.newQueue()
	}
	if p.cfg.fallback != nil {
		p.newFallback()
	}

	p.metrics = newMetricsSource(p)
	p.instruments = p.newInstruments()

	if p.queue != nil {
		for _, h := range p.exporters {
			w := newWorker(p, h)
			p.workers = append(p.workers, w)
			go usercode.Run(w.run)
		}
		p.flushTimer = flushtimer.New(p.queue, p.cfg.exportInterval)
		go p.flushTimer.Run()
	}
	return p
}

func (p *Processor) newQueue() {
	cfg := queue.Config{
		Capacity:    p.cfg.maxQueueSize,
		BatchSize:   p.cfg.maxBatchSize,
		Policy:      p.cfg.overflow.policy,
		MaxWait:     p.cfg.overflow.maxWait,
		KeepLevel:   levelOf(p.cfg.critical),
		Displaced:   p.displaced,
		Overwritten: p.displacedMany,
	}
	cfg.MaxBytes = max(p.cfg.maxQueueBytes, 0)
	if p.cfg.pressure != nil {
		pc := p.cfg.pressure.withDefaults()
		cfg.High, cfg.Low = pc.marks(cfg.Capacity)
		cfg.HighBytes, cfg.LowBytes = pc.marks(cfg.MaxBytes)
		p.pressure = &pressure{severity: min(pc.Severity, p.cfg.critical)}
	}
	p.queue = queue.New(cfg)
	p.queue.LimitWaiting(p.mayWait)
	if p.pressure != nil {
		p.pressure.queue = p.queue
	}
}

// mayWait reports whether the goroutine may wait for capacity. A worker may not: what its
// exporter logs would wait for capacity that only the worker can free. Goroutines that the
// exporter starts are not recognised; they wait no longer than Block's bound.
func (p *Processor) mayWait() bool {
	id := usercode.GoroutineID()
	return !slices.ContainsFunc(p.workers, func(w *worker) bool { return w.goroutine.Load() == id })
}

// meterTimeout bounds how long New waits for a MeterProvider.
const meterTimeout = 5 * time.Second

// newInstruments returns nil, which does nothing, if the MeterProvider fails.
func (p *Processor) newInstruments() *observ.Instruments {
	var made atomic.Pointer[observ.Instruments]
	ctx, cancel := context.WithTimeout(context.Background(), meterTimeout)
	defer cancel()
	p.reporter.Report(usercode.Contained(ctx, "MeterProvider", func() {
		i, err := observ.New(p.cfg.meterProvider, p.metrics.read)
		p.reporter.Report(err)
		made.Store(i)
	}))
	return made.Load()
}

// fallbackBytesPerRecord is the memory that the fallback may take for each record that it
// may hold, if the queue is not bounded by bytes.
const fallbackBytesPerRecord = 2 << 10

func (p *Processor) newFallback() {
	// As many as can be lost at one time: all that are queued or in flight.
	limit := p.cfg.maxBatchSize * len(p.exporters)
	if p.queue != nil {
		limit += p.cfg.maxQueueSize
	}
	maxBytes := p.cfg.maxQueueBytes
	if maxBytes < 1 {
		maxBytes = min(limit, math.MaxInt/fallbackBytesPerRecord) * fallbackBytesPerRecord
	}
	p.fallback = fallback.New(fallback.Config{
		Writer:    nosigpipe.Writer(p.cfg.fallback),
		Limit:     limit,
		MaxBytes:  maxBytes,
		Completed: p.ledger.fallbackCompleted,
		Report:    p.reporter.Report,
	})
}

// Enabled reports whether the processor would take a record of that severity. It
// is false below the minimum severity, for what an exporter logs while it exports,
// and for what [WithPressure] holds back. It does not become false after Shutdown,
// so that records that come too late are counted.
func (p *Processor) Enabled(ctx context.Context, param sdklog.EnabledParameters) bool {
	return !p.belowMinimum(param.Severity) && !isExporting(ctx) && !p.pressure.suppresses(param.Severity)
}

func (p *Processor) belowMinimum(s log.Severity) bool {
	return p.cfg.minSeverity != nil && s != log.SeverityUndefined && s < p.minSeverity()
}

// minSeverity calls the user's code for the minimum. While that panics there is no
// minimum.
func (p *Processor) minSeverity() (s log.Severity) {
	defer func() {
		if v := recover(); v != nil {
			p.reporter.Report(usercode.PanicError("minimum severity", v))
			s = math.MinInt
		}
	}()
	return p.cfg.minSeverity.Severity()
}

// OnEmit takes a copy of the record. It does not block, unless [Block] or
// [WithSynchronous] is used. It ignores the end of the context, and always returns
// nil: [Processor.Stats] says what became of the records.
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
		p.emitSynchronously(r)
		return nil
	}
	switch p.offer(r, severity) {
	case queue.Accepted:
		if severity >= p.cfg.critical {
			p.flushTimer.Critical()
			if p.backoff.Degraded() {
				p.copyCritical(r)
			}
		}
	case queue.Full:
		p.refuse(r, queueFull)
	case queue.TooLarge:
		p.refuse(r, recordTooLarge)
	case queue.Closed:
		p.refuse(r, alreadyShutdown)
	}
	return nil
}

// offer hands the record to the queue. The caller pays for counting bytes only if
// they are bounded.
func (p *Processor) offer(r *sdklog.Record, severity log.Severity) queue.Verdict {
	if p.cfg.maxQueueBytes > 0 {
		return p.queue.OfferSized(r, levelOf(severity), size.Record(r))
	}
	return p.queue.Offer(r, levelOf(severity))
}

// ExportNow exports the records that are waiting for a batch to fill. It only
// wakes a worker up; to wait for the export, call [Processor.ForceFlush].
func (p *Processor) ExportNow() {
	if p.queue != nil {
		p.queue.Expedite()
	}
}
