package processor

import (
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/plural"
	"github.com/krunchwrapper/asynclog/processor/internal/backoff"
	"github.com/krunchwrapper/asynclog/processor/internal/observ"
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

// The shortest time between two reports of outages. It doubles with each report, up to
// maxOutageInterval, and is the shortest one again after that much time without an outage.
const (
	outageInterval    = 10 * time.Second
	maxOutageInterval = 10 * time.Minute
)

// degraded is what the processor does in an outage besides waiting: it writes the event to
// the fallback, and copies critical records to it when they are emitted.
//
// An exporter that fails and recovers again and again makes many outages. The first is
// reported when it begins and when it ends. Others are reported so if enough time has
// passed since the last report; the report has the number of outages in between. An outage
// that goes on is reported as soon as that time has passed.
type degraded struct {
	// transition is held while the backoff state changes and the event is queued, so that
	// the lines of the events have the order of the changes. No user code runs meanwhile.
	// It guards the fields up to limiter.
	transition sync.Mutex

	reported   bool          // the present outage, or the last one, is reported
	unreported int           // outages that have begun since the last report
	ended      time.Time     // when the last outage ended; zero: there was none
	interval   time.Duration // between the last report and the next; zero: there was none
	next       time.Time     // there is no report before

	limiter *ratelimit.Limiter // of copies

	mu       sync.Mutex
	copied   uint64 // in the present outage, or the last
	withheld uint64
}

func newDegraded() *degraded {
	return &degraded{limiter: ratelimit.New(copyBurst, 1, copyInterval)}
}

// exportSucceeded notes that the exporter has exported records.
func (p *Processor) exportSucceeded(h *exporterHandle) {
	d := p.degraded
	d.transition.Lock()
	defer d.transition.Unlock()
	since := h.backoff.Succeed()
	if since.IsZero() {
		return
	}
	d.ended = time.Now()
	if d.reported {
		p.writeRecovered(d.ended.Sub(since))
	}
}

// exportFailed notes that an export failed. It reports whether another exporter works.
func (p *Processor) exportFailed(h *exporterHandle, f backoff.Failure, err error) (othersWork bool) {
	d := p.degraded
	d.transition.Lock()
	defer d.transition.Unlock()
	othersWork, began := h.backoff.Fail(f)
	now := time.Now()
	if began {
		d.beginLocked(now)
	}
	if (began || p.backoff.Degraded()) && !d.reported && !now.Before(d.next) {
		before := d.unreported - 1
		d.reportLocked(now)
		p.writeDegraded(h, err, before)
	}
	return othersWork
}

// beginLocked notes that an outage has begun.
func (d *degraded) beginLocked(now time.Time) {
	d.reported = false
	d.unreported++
	if !d.ended.IsZero() && now.Sub(d.ended) >= maxOutageInterval {
		d.interval = 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.copied, d.withheld = 0, 0
}

// reportLocked notes that the present outage is reported now.
func (d *degraded) reportLocked(now time.Time) {
	d.reported, d.unreported = true, 0
	d.interval = min(max(outageInterval, 2*d.interval), maxOutageInterval)
	d.next = now.Add(d.interval)
}

// writeDegraded writes the event of an outage; before is the number of those before it that
// were not reported.
func (p *Processor) writeDegraded(h *exporterHandle, err error, before int) {
	if p.fallback == nil {
		return
	}
	_, failures := p.backoff.State()
	text := fmt.Sprintf("asynclog: %s in a row have failed, and no exporter works", plural.Of(failures, "export"))
	if p.queue != nil {
		text += "; records wait in the queue"
	}
	attrs := []attribute.KeyValue{
		attribute.String("asynclog.exporter", h.name),
		attribute.Int("asynclog.failures", failures),
	}
	if before > 0 {
		text += fmt.Sprintf(" (and %s since this was last reported)", plural.Of(before, "outage"))
		attrs = append(attrs, attribute.Int("asynclog.outages", before))
	}
	if err != nil {
		attrs = append(attrs, attribute.String("exception.message", h.lastErrorText()))
	}
	p.writeNotice(degradedEvent, log.SeverityWarn, text, attrs)
}

func (p *Processor) writeRecovered(took time.Duration) {
	if p.fallback == nil {
		return
	}
	p.degraded.mu.Lock()
	copied, withheld := p.degraded.copied, p.degraded.withheld
	p.degraded.mu.Unlock()
	p.writeNotice(recoveredEvent, log.SeverityInfo,
		fmt.Sprintf("asynclog: exports succeed again after %v", took.Round(time.Millisecond)),
		[]attribute.KeyValue{
			attribute.Float64("asynclog.duration", took.Seconds()),
			attribute.Int64("asynclog.copied", int64(copied)),
			attribute.Int64("asynclog.withheld", int64(withheld)),
		})
}

func (p *Processor) writeNotice(event string, s log.Severity, text string, attrs []attribute.KeyValue) {
	var r log.Record
	r.SetEventName(event)
	r.SetTimestamp(time.Now())
	r.SetSeverity(s)
	r.SetSeverityText(s.String())
	r.SetBody(attribute.StringValue(text))
	r.AddAttributes(attrs...)
	p.fallback.OfferNotice(&r, observ.ScopeName)
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
