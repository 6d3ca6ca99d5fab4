package fallback

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"
)

// content is what a line says: of a record, or of an event of the processor's own.
type content struct {
	time         time.Time
	eventName    string
	severity     log.Severity
	severityText string
	body         attribute.Value
	attributes   int
	walk         func(func(attribute.KeyValue) bool)
	dropped      int // attributes that the SDK has dropped
	traceID      trace.TraceID
	spanID       trace.SpanID
	scope        string
}

func contentOfRecord(r *sdklog.Record) content {
	return content{
		time:      firstTime(r.Timestamp(), r.ObservedTimestamp()),
		eventName: r.EventName(), severity: r.Severity(), severityText: r.SeverityText(), body: r.Body(),
		attributes: r.AttributesLen(), walk: r.WalkAttributes, dropped: r.DroppedAttributes(),
		traceID: r.TraceID(), spanID: r.SpanID(), scope: r.InstrumentationScope().Name,
	}
}

func contentOfNotice(r *log.Record, scope string) content {
	return content{
		time:      firstTime(r.Timestamp(), r.ObservedTimestamp()),
		eventName: r.EventName(), severity: r.Severity(), severityText: r.SeverityText(), body: r.Body(),
		attributes: r.AttributesLen(), walk: r.WalkAttributes, scope: scope,
	}
}

// firstTime returns the time of what happened, or of when it was seen if that is not known.
func firstTime(happened, seen time.Time) time.Time {
	if happened.IsZero() {
		return seen
	}
	return happened
}
