package jsonline

import (
	"encoding/json"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"
)

var errDeep = errors.New("jsonline: nested too deeply, or a resource that JSON cannot express")

// safeLine is the line of a record with text in the place of what JSON cannot express. The
// fields are those of stdoutlog's lines, in their order; TestSafeLineIsStdoutlogs compares
// the two. A record is not changed and encoded again, because the SDK would apply its
// limits to the texts, warn about keys that repeat, and count the attributes that were
// dropped anew.
type safeLine struct {
	Timestamp         any    // a time, or text
	ObservedTimestamp any    // the same
	EventName         string `json:",omitempty"`
	Severity          log.Severity
	SeverityText      string
	Body              attribute.Value
	Attributes        []attribute.KeyValue
	TraceID           trace.TraceID
	SpanID            trace.SpanID
	TraceFlags        trace.TraceFlags
	Resource          any                   // a resource, or its attributes
	Scope             instrumentation.Scope // stdoutlog leaves out its attributes
	DroppedAttributes int
}

func newSafeLine(r *sdklog.Record, res any) safeLine {
	l := safeLine{
		Timestamp:         safeTime(r.Timestamp()),
		ObservedTimestamp: safeTime(r.ObservedTimestamp()),
		EventName:         r.EventName(),
		Severity:          r.Severity(),
		SeverityText:      r.SeverityText(),
		Body:              safeValue(r.Body(), maxDepth),
		Attributes:        make([]attribute.KeyValue, 0, r.AttributesLen()),
		TraceID:           r.TraceID(),
		SpanID:            r.SpanID(),
		TraceFlags:        r.TraceFlags(),
		Resource:          res,
		Scope:             r.InstrumentationScope(),
		DroppedAttributes: r.DroppedAttributes(),
	}
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		l.Attributes = append(l.Attributes, attribute.KeyValue{Key: kv.Key, Value: safeValue(kv.Value, maxDepth)})
		return true
	})
	return l
}

// safeTime returns the time, in UTC if JSON's form of times cannot express its zone, or as
// text if it cannot express its year.
func safeTime(t time.Time) any {
	for _, t := range []time.Time{t, t.UTC()} {
		if _, err := t.MarshalJSON(); err == nil {
			return t
		}
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// safeResource is a resource and its safe form.
type safeResource struct {
	examined bool
	resource *resource.Resource
	plain    bool // it can be encoded as it is
	json     any  // the resource if it is plain, else its attributes
}

// examine makes res the resource, unless it is already.
func (s *safeResource) examine(res *resource.Resource) {
	if s.examined && s.resource == res {
		return
	}
	*s = safeResource{examined: true, resource: res, plain: true, json: res}
	for iter := res.Iter(); iter.Next() && s.plain; {
		s.plain = !deep(iter.Attribute().Value, maxDepth)
	}
	if s.plain {
		_, err := json.Marshal(res)
		s.plain = err == nil
	}
	if !s.plain {
		s.json = safeValues(res.Attributes(), maxDepth)
	}
}
