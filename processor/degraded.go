package processor

import (
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

// The events that are written to the fallback when the processor becomes degraded,
// and when it is no longer.
const (
	degradedEvent  = "asynclog.degraded"
	recoveredEvent = "asynclog.recovered"
)

// How many critical records are copied to the fallback while the processor is
// degraded: a flood of errors is likely then, and somebody reads these.
const (
	copyBurst = 100
	copyEvery = 100 * time.Millisecond
)

// degraded is what the processor does about an outage besides waiting: it says so
// on the fallback, and has critical records written there, too, as they come.
type degraded struct {
	// telling is held while health changes and that is told, so that the lines come in
	// the order of what they tell. Nobody is waited for meanwhile.
	telling sync.Mutex

	mu       sync.Mutex
	pace     bucket
	copied   uint64 // in the present outage, or the last
	withheld uint64
}

// succeeded notes that the exporter has taken something. res is the resource of
// that.
func (p *Processor) succeeded(l *lane, res *resource.Resource) {
	p.degraded.telling.Lock()
	defer p.degraded.telling.Unlock()
	if since := p.health.succeed(&l.standing); !since.IsZero() {
		p.announceRecovery(res, since)
	}
}

// failed notes that an export failed, and tells whether another exporter works. res
// is the resource of what was not taken.
func (p *Processor) failed(l *lane, res *resource.Resource, f failure, err error) (others bool) {
	p.degraded.telling.Lock()
	defer p.degraded.telling.Unlock()
	others, degraded := p.health.fail(&l.standing, f)
	if degraded {
		p.announceOutage(res, l, err)
	}
	return others
}

func (p *Processor) announceOutage(res *resource.Resource, l *lane, err error) {
	p.degraded.mu.Lock()
	p.degraded.copied, p.degraded.withheld = 0, 0
	p.degraded.mu.Unlock()
	if p.fallback == nil {
		return
	}
	_, failures := p.health.state()
	text := fmt.Sprintf("asynclog: %d exports in a row have failed, and no exporter works; records wait in the queue", failures)
	if p.queue == nil {
		text = fmt.Sprintf("asynclog: %d exports in a row have failed, and no exporter works", failures)
	}
	attrs := []attribute.KeyValue{
		attribute.String("asynclog.exporter", l.name),
		attribute.Int("asynclog.failures", failures),
	}
	if err != nil {
		attrs = append(attrs, attribute.String("exception.message", l.lastErrorText()))
	}
	p.announce(res, degradedEvent, log.SeverityWarn, text, attrs)
}

func (p *Processor) announceRecovery(res *resource.Resource, since time.Time) {
	if p.fallback == nil {
		return
	}
	took := time.Since(since)
	p.degraded.mu.Lock()
	copied, withheld := p.degraded.copied, p.degraded.withheld
	p.degraded.mu.Unlock()
	p.announce(res, recoveredEvent, log.SeverityInfo,
		fmt.Sprintf("asynclog: exports succeed again after %v", took.Round(time.Millisecond)),
		[]attribute.KeyValue{
			attribute.Float64("asynclog.duration", took.Seconds()),
			attribute.Int64("asynclog.copied", int64(copied)),
			attribute.Int64("asynclog.withheld", int64(withheld)),
		})
}

func (p *Processor) announce(res *resource.Resource, event string, s log.Severity, text string, attrs []attribute.KeyValue) {
	var r log.Record
	r.SetEventName(event)
	r.SetTimestamp(time.Now())
	r.SetSeverity(s)
	r.SetSeverityText(s.String())
	r.SetBody(attribute.StringValue(text))
	r.AddAttributes(attrs...)
	p.fallback.offerNotice(func() sdklog.Record { return ownRecord(res, &r) })
}

// copyCritical writes a critical record, which the queue has just taken, to the
// fallback as well. It is no end of the record's: should the record be lost after all,
// it is written again, and counted.
func (p *Processor) copyCritical(r *sdklog.Record) {
	if p.fallback == nil {
		return
	}
	d := &p.degraded
	d.mu.Lock()
	ok := d.pace.take(time.Now())
	d.mu.Unlock()
	ok = ok && p.fallback.offerCopy(r)
	d.mu.Lock()
	defer d.mu.Unlock()
	if ok {
		d.copied++
	} else {
		d.withheld++
		p.ledger.withheld.Add(1)
	}
}
