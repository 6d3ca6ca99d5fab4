package processor

import (
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
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

// records returns the gap record, one for each resource of the lost records. It is
// exported, where there is none, under the resource of what has just been exported.
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

// event says what was lost.
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
	var bySeverity tally
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

// sentence is what a reader sees who looks at the text alone.
func (n *gap) sentence(resources int) string {
	var b strings.Builder
	saved := n.savedTotal()
	fmt.Fprintf(&b, "asynclog: %s missing here, lost between %s and %s", logRecords(n.lost.total()+saved), utc(n.first), utc(n.last))
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

// unclear is how many records may not be lost.
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

func logRecords(n uint64) string {
	if n == 1 {
		return "1 log record is"
	}
	return fmt.Sprintf("%d log records are", n)
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// severityName is the name of a severity range, in lower case.
func severityName(r int) string {
	if r == 0 {
		return "unspecified"
	}
	return strings.ToLower(lowestOf(r).String())
}
