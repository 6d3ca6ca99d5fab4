package processor

import (
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/processor/internal/backoff"
	"github.com/krunchwrapper/asynclog/processor/internal/ratelimit"
)

// The events that are written to the fallback when the processor becomes degraded, and
// when it recovers.
const (
	degradedEvent  = "asynclog.degraded"
	recoveredEvent = "asynclog.recovered"
)

// How many critical records are copied to the fallback while the processor is degraded:
// copyBurst at once, and then one per copyInterval. A flood of errors is likely then, and
// somebody reads the copies.
const (
	copyBurst    = 100
	copyInterval = 100 * time.Millisecond
)

// degraded is what the processor does in an outage besides waiting: it writes the event to
// the fallback, and copies critical records to it when they are emitted.
type degraded struct {
	// transition is held while the backoff state changes and the event is queued, so that
	// the lines of the events have the order of the changes. No user code runs meanwhile.
	transition sync.Mutex

	limiter *ratelimit.Limiter // of copies

	mu       sync.Mutex
	copied   uint64 // in the present outage, or the last
	withheld uint64
}

func newDegraded() *degraded {
	return &degraded{limiter: ratelimit.New(copyBurst, 1, copyInterval)}
}

// exportSucceeded notes that the exporter has exported records. res is their resource.
func (p *Processor) exportSucceeded(h *exporterHandle, res *resource.Resource) {
	p.degraded.transition.Lock()
	defer p.degraded.transition.Unlock()
	if since := h.backoff.Succeed(); !since.IsZero() {
		p.writeRecovered(res, since)
	}
}

// exportFailed notes that an export failed. It reports whether another exporter works. res
// is the resource of the records that were not exported.
func (p *Processor) exportFailed(h *exporterHandle, res *resource.Resource, f backoff.Failure, err error) (othersWork bool) {
	p.degraded.transition.Lock()
	defer p.degraded.transition.Unlock()
	othersWork, degraded := h.backoff.Fail(f)
	if degraded {
		p.writeDegraded(res, h, err)
	}
	return othersWork
}

func (p *Processor) writeDegraded(res *resource.Resource, h *exporterHandle, err error) {
	p.degraded.mu.Lock()
	p.degraded.copied, p.degraded.withheld = 0, 0
	p.degraded.mu.Unlock()
	if p.fallback == nil {
		return
	}
	_, failures := p.backoff.State()
	text := fmt.Sprintf("asynclog: %d exports in a row have failed, and no exporter works; records wait in the queue", failures)
	if p.queue == nil {
		text = fmt.Sprintf("asynclog: %d exports in a row have failed, and no exporter works", failures)
	}
	attrs := []attribute.KeyValue{
		attribute.String("asynclog.exporter", h.name),
		attribute.Int("asynclog.failures", failures),
	}
	if err != nil {
		attrs = append(attrs, attribute.String("exception.message", h.lastErrorText()))
	}
	p.writeNotice(res, degradedEvent, log.SeverityWarn, text, attrs)
}

func (p *Processor) writeRecovered(res *resource.Resource, since time.Time) {
	if p.fallback == nil {
		return
	}
	took := time.Since(since)
	p.degraded.mu.Lock()
	copied, withheld := p.degraded.copied, p.degraded.withheld
	p.degraded.mu.Unlock()
	p.writeNotice(res, recoveredEvent, log.SeverityInfo,
		fmt.Sprintf("asynclog: exports succeed again after %v", took.Round(time.Millisecond)),
		[]attribute.KeyValue{
			attribute.Float64("asynclog.duration", took.Seconds()),
			attribute.Int64("asynclog.copied", int64(copied)),
			attribute.Int64("asynclog.withheld", int64(withheld)),
		})
}

func (p *Processor) writeNotice(res *resource.Resource, event string, s log.Severity, text string, attrs []attribute.KeyValue) {
	var r log.Record
	r.SetEventName(event)
	r.SetTimestamp(time.Now())
	r.SetSeverity(s)
	r.SetSeverityText(s.String())
	r.SetBody(attribute.StringValue(text))
	r.AddAttributes(attrs...)
	p.fallback.OfferNotice(func() sdklog.Record { return ownRecord(res, &r) })
}

// copyCritical writes a critical record, which the queue has just accepted, to the
// fallback as well. The copy is not the record's end: if the record is lost later it is
// written again, and counted.
func (p *Processor) copyCritical(r *sdklog.Record) {
	if p.fallback == nil {
		return
	}
	d := p.degraded
	ok := d.limiter.Allow(time.Now()) && p.fallback.OfferCopy(r)
	d.mu.Lock()
	defer d.mu.Unlock()
	if ok {
		d.copied++
	} else {
		d.withheld++
		p.ledger.withheld.Add(1)
	}
}
