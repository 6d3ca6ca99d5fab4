package processor

import (
	"context"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

// tellGap exports a gap record, if there is a reason to, on the exporter that has
// just taken records, of the resource.
func (w *worker) tellGap(res *resource.Resource) {
	if w.p.gaps == nil {
		return
	}
	w.p.gaps.exported.Store(res)
	w.p.tellGap(w.lane, false, w.exportGap)
}

func (w *worker) exportGap(recs []sdklog.Record) outcome {
	p := w.p
	a := &attempt{} // of no batch, but Shutdown is not to wait for it for ever either
	w.current.Store(a)
	defer func() {
		if a.claim() {
			w.current.Store(nil)
		}
	}()
	if !w.lane.enter(p.exportCtx, nil) {
		return outcome{failed: true}
	}
	p.health.begin(&w.lane.standing, p.cfg.exportTimeout)
	defer p.health.end(&w.lane.standing)
	return w.lane.export(p.exportCtx, p.cfg.exportTimeout, recs)
}

// tellGap exports what there is to tell to the exporter, in the way that is given.
func (p *Processor) tellGap(l *lane, lastTime bool, export func([]sdklog.Record) outcome) {
	n, ok := p.gaps.begin(lastTime)
	if !ok {
		return
	}
	o := outcome{failed: true} // what holds if the exporter ends the goroutine
	defer func() { p.gaps.end(n, !o.failed && o.rejected == 0) }()
	recs := contained(func() []sdklog.Record { return n.records(p.gaps.exported.Load()) })
	if recs == nil {
		return
	}
	o = export(recs)
	p.reporter.report(o.told(l, !lastTime))
}

// tellLastGap exports what there is to tell after the last record, on an exporter that
// works. It does not wait longer than the context, and a grace.
func (p *Processor) tellLastGap(ctx context.Context) {
	if p.gaps == nil {
		return
	}
	for _, l := range p.lanes {
		if l.failing.Load() || ctx.Err() != nil {
			continue
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.tellGap(l, true, func(recs []sdklog.Record) outcome {
				if !l.enter(ctx, nil) {
					return outcome{failed: true}
				}
				return l.export(withExporting(ctx), p.cfg.exportTimeout, recs)
			})
		}()
		await(ctx, done)
		return
	}
}
