package processor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/internal/plural"
	"github.com/krunchwrapper/asynclog/processor/internal/observ"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// The names of a gap record; see [WithGapRecords].
const (
	gapEvent     = "asynclog.gap"
	gapLost      = "asynclog.gap.lost"
	gapSaved     = "asynclog.gap.fallback"
	gapFirst     = "asynclog.gap.first"
	gapLast      = "asynclog.gap.last"
	gapResources = "asynclog.gap.resources"
	gapReason    = "asynclog.gap.reason."
	gapSeverity  = "asynclog.gap.severity."
)

// records returns the gap record, once for each resource of the lost records. If none is
// known, it has the resource of the records that have just been exported.
func (n *gap) records(exported *resource.Resource) []sdklog.Record {
	resources := n.resources
	if len(resources) == 0 {
		resources = []*resource.Resource{exported}
	}
	r := n.event(len(resources))
	recs := make([]sdklog.Record, len(resources))
	for i, res := range resources {
		recs[i] = ownRecord(res, &r)
	}
	return recs
}

// event returns the gap record without its resource and scope.
func (n *gap) event(resources int) log.Record {
	attrs := []attribute.KeyValue{
		attribute.Int64(gapLost, int64(n.lost.total())),
		attribute.Int64(gapSaved, int64(n.savedTotal())),
		attribute.String(gapFirst, utc(n.first)),
		attribute.String(gapLast, utc(n.last)),
	}
	if resources > 1 {
		attrs = append(attrs, attribute.Int(gapResources, resources))
	}
	var bySeverity severityCounts
	for why := range n.lost {
		count := n.saved[why]
		for s, lost := range n.lost[why] {
			count += lost
			bySeverity[s] += lost
		}
		if count > 0 {
			attrs = append(attrs, attribute.Int64(gapReason+string(reasonNames[why]), int64(count)))
		}
	}
	for s, count := range bySeverity {
		if count > 0 {
			attrs = append(attrs, attribute.Int64(gapSeverity+severityName(s), int64(count)))
		}
	}

	var r log.Record
	r.SetEventName(gapEvent)
	r.SetTimestamp(n.made)
	r.SetSeverity(log.SeverityWarn)
	r.SetSeverityText(log.SeverityWarn.String())
	r.SetBody(attribute.StringValue(n.sentence(resources)))
	r.AddAttributes(attrs...)
	return r
}

// sentence returns the body of the gap record, for readers who look at the text only.
func (n *gap) sentence(resources int) string {
	var b strings.Builder
	saved := n.savedTotal()
	total, verb := n.lost.total()+saved, "are"
	if total == 1 {
		verb = "is"
	}
	fmt.Fprintf(&b, "asynclog: %s %s missing here, lost between %s and %s", plural.Of(total, "log record"), verb, utc(n.first), utc(n.last))
	if resources > 1 {
		fmt.Fprintf(&b, ", of %d resources together", resources)
	}
	sep := ": "
	for why := range n.lost {
		count := n.saved[why]
		for _, lost := range n.lost[why] {
			count += lost
		}
		if count > 0 {
			fmt.Fprintf(&b, "%s%s %d", sep, reasonNames[why], count)
			sep = ", "
		}
	}
	if saved > 0 {
		fmt.Fprintf(&b, "; %d of them written to the fallback", saved)
	}
	if unclear := n.unclear(); unclear > 0 {
		fmt.Fprintf(&b, "; %d of them may have arrived", unclear)
	}
	return b.String()
}

// unclear returns how many records may have arrived.
func (n *gap) unclear() (count uint64) {
	for _, c := range n.lost[exportTimeout] {
		count += c
	}
	return count + n.saved[exportTimeout]
}

func (n *gap) savedTotal() (count uint64) {
	for _, c := range n.saved {
		count += c
	}
	return count
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// severityName returns the name of a severity range, in lower case.
func severityName(r int) string {
	if r == 0 {
		return "unspecified"
	}
	return strings.ToLower(lowestOf(r).String())
}

// ownRecord returns a record of the processor's own. Only the SDK can make records, so
// ownRecord uses a provider for it. Its resource is that of the records which it is about;
// its scope is this package.
//
// The SDK reports invalid environment variables for resources to the error handler. So
// ownRecord must only be called where user code may block.
func ownRecord(res *resource.Resource, r *log.Record) sdklog.Record {
	var c capturingProcessor
	provider := sdklog.NewLoggerProvider(
		sdklog.WithResource(res),
		sdklog.WithProcessor(&c),
		// Explicit, so that the environment variables do not apply.
		sdklog.WithAttributeCountLimit(-1),
		sdklog.WithAttributeValueLengthLimit(-1),
	)
	provider.Logger(observ.ScopeName).Emit(context.Background(), *r)
	return c.record
}

// containedRecords makes records on a goroutine of its own, so that an error handler which
// panics, or ends the goroutine, affects no other. It returns nil in that case, and if the
// records are not ready within the usercode.CallbackTimeout or the context.
func containedRecords(ctx context.Context, f func() []sdklog.Record) []sdklog.Record {
	ctx, cancel := context.WithTimeout(ctx, usercode.CallbackTimeout)
	defer cancel()
	made := make(chan []sdklog.Record, 1)
	// The error is not reported: the error handler itself may have panicked.
	_ = usercode.Contained(ctx, "error handler", func() { made <- f() })
	select {
	case recs := <-made:
		return recs
	default:
		return nil
	}
}

// capturingProcessor is an SDK processor that keeps the last record.
type capturingProcessor struct{ record sdklog.Record }

func (*capturingProcessor) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }

func (c *capturingProcessor) OnEmit(_ context.Context, r *sdklog.Record) error {
	c.record = r.Clone()
	return nil
}

func (*capturingProcessor) ForceFlush(context.Context) error { return nil }
func (*capturingProcessor) Shutdown(context.Context) error   { return nil }
