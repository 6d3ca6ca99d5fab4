package jsonline

import (
	"context"
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

// maxDepth is how deeply values may be nested. It is the depth that the SDK's loggers keep.
const maxDepth = 64

// tooDeep stands for what is nested more deeply.
const tooDeep = "…"

func deepRecord(r *sdklog.Record) bool {
	found := deep(r.Body(), maxDepth)
	if !found {
		r.WalkAttributes(func(kv attribute.KeyValue) bool {
			found = deep(kv.Value, maxDepth)
			return !found
		})
	}
	return found
}

// deep reports whether the value is nested more than depth levels deep.
func deep(v attribute.Value, depth int) bool {
	switch v.Type() {
	case attribute.SLICE:
		for _, inner := range v.AsSlice() {
			if depth == 0 || deep(inner, depth-1) {
				return true
			}
		}
	case attribute.MAP:
		for _, inner := range v.AsMap() {
			if depth == 0 || deep(inner.Value, depth-1) {
				return true
			}
		}
	}
	return false
}

// limit returns the value with text in the place of what JSON cannot express.
func limit(v attribute.Value, depth int) attribute.Value {
	switch v.Type() {
	case attribute.FLOAT64:
		return number(v.AsFloat64())
	case attribute.FLOAT64SLICE:
		return numbers(v)
	case attribute.SLICE:
		if depth == 0 {
			return attribute.StringValue(tooDeep)
		}
		inner := v.AsSlice()
		out := make([]attribute.Value, len(inner))
		for i := range inner {
			out[i] = limit(inner[i], depth-1)
		}
		return attribute.SliceValue(out...)
	case attribute.MAP:
		if depth == 0 {
			return attribute.StringValue(tooDeep)
		}
		return attribute.MapValue(limitAll(v.AsMap(), depth-1)...)
	default:
		return v
	}
}

func limitAll(attrs []attribute.KeyValue, depth int) []attribute.KeyValue {
	out := make([]attribute.KeyValue, len(attrs))
	for i, kv := range attrs {
		out[i] = attribute.KeyValue{Key: kv.Key, Value: limit(kv.Value, depth)}
	}
	return out
}

// number returns NaN and infinities as text.
func number(f float64) attribute.Value {
	v := attribute.Float64Value(f)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return attribute.StringValue(v.String())
	}
	return v
}

func numbers(v attribute.Value) attribute.Value {
	all := v.AsFloat64Slice()
	out, same := make([]attribute.Value, len(all)), true
	for i, f := range all {
		out[i] = number(f)
		same = same && out[i].Type() == attribute.FLOAT64
	}
	if same {
		return v
	}
	return attribute.SliceValue(out...)
}

// safeTime returns the time within the years that JSON's form of times has.
func safeTime(t time.Time) time.Time {
	t = t.UTC()
	switch year := t.Year(); {
	case year < 0:
		return time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	case year > 9999:
		return time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	default:
		return t
	}
}

// safeRecord returns a copy of the record that can be encoded, if its resource and scope
// can.
func safeRecord(r *sdklog.Record) sdklog.Record {
	attrs := make([]attribute.KeyValue, 0, r.AttributesLen())
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		attrs = append(attrs, attribute.KeyValue{Key: kv.Key, Value: limit(kv.Value, maxDepth)})
		return true
	})
	c := r.Clone()
	c.AddAttributes(attrs...) // replaces all, as the keys are the same
	if c.AttributesLen() != r.AttributesLen() || c.DroppedAttributes() != r.DroppedAttributes() {
		// The record contains a key twice. SetAttributes keeps both, but forgets how many
		// attributes were dropped from the record.
		c.SetAttributes(attrs...)
	}
	c.SetBody(limit(r.Body(), maxDepth))
	c.SetTimestamp(safeTime(r.Timestamp()))
	c.SetObservedTimestamp(safeTime(r.ObservedTimestamp()))
	return c
}

// rebuild returns a copy of the record with a resource and a scope that can be encoded.
// Only the SDK can make such records. It forgets how many attributes were dropped.
func rebuild(r *sdklog.Record) sdklog.Record {
	var c capturingProcessor
	res, scope := r.Resource(), r.InstrumentationScope()
	provider := sdklog.NewLoggerProvider(
		sdklog.WithResource(resource.NewWithAttributes(res.SchemaURL(), limitAll(res.Attributes(), maxDepth)...)),
		sdklog.WithProcessor(&c),
		// Explicit, so that the environment variables do not apply.
		sdklog.WithAttributeCountLimit(-1),
		sdklog.WithAttributeValueLengthLimit(-1),
		sdklog.WithAllowKeyDuplication(),
	)
	provider.Logger(scope.Name,
		log.WithInstrumentationVersion(scope.Version), log.WithSchemaURL(scope.SchemaURL),
		log.WithInstrumentationAttributes(limitAll(scope.Attributes.ToSlice(), maxDepth)...),
	).Emit(context.Background(), log.Record{})

	safe, out := safeRecord(r), c.record
	var attrs []attribute.KeyValue
	safe.WalkAttributes(func(kv attribute.KeyValue) bool {
		attrs = append(attrs, kv)
		return true
	})
	out.SetAttributes(attrs...)
	out.SetBody(safe.Body())
	out.SetEventName(safe.EventName())
	out.SetTimestamp(safe.Timestamp())
	out.SetObservedTimestamp(safe.ObservedTimestamp())
	out.SetSeverity(safe.Severity())
	out.SetSeverityText(safe.SeverityText())
	out.SetTraceID(safe.TraceID())
	out.SetSpanID(safe.SpanID())
	out.SetTraceFlags(safe.TraceFlags())
	return out
}

// capturingProcessor keeps the last record.
type capturingProcessor struct{ record sdklog.Record }

func (*capturingProcessor) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (*capturingProcessor) ForceFlush(context.Context) error                       { return nil }
func (*capturingProcessor) Shutdown(context.Context) error                         { return nil }

func (c *capturingProcessor) OnEmit(_ context.Context, r *sdklog.Record) error {
	c.record = r.Clone()
	return nil
}
