package jsonline

import (
	"math"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

const (
	// maxDepth is how deeply values may be nested. It is the depth that the SDK's loggers
	// keep of attributes. What is nested more deeply becomes text.
	maxDepth = 64
	// maxTextDepth is how deeply such text may be nested. The bound is for the stack.
	maxTextDepth = 10_000
	// tooDeep stands for what is nested more deeply than that.
	tooDeep = "…"
)

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

// safeValue returns the value with text in the place of what JSON cannot express, and of
// what is nested more than depth levels deep.
func safeValue(v attribute.Value, depth int) attribute.Value {
	switch v.Type() {
	case attribute.FLOAT64:
		return safeNumber(v.AsFloat64())
	case attribute.FLOAT64SLICE:
		return safeNumbers(v)
	case attribute.SLICE, attribute.MAP:
		if depth == 0 {
			return attribute.StringValue(limitDepth(v, maxTextDepth).String())
		}
		return mapInner(v, func(inner attribute.Value) attribute.Value { return safeValue(inner, depth-1) })
	default:
		return v
	}
}

func safeValues(attrs []attribute.KeyValue, depth int) []attribute.KeyValue {
	out := make([]attribute.KeyValue, len(attrs))
	for i, kv := range attrs {
		out[i] = attribute.KeyValue{Key: kv.Key, Value: safeValue(kv.Value, depth)}
	}
	return out
}

// limitDepth returns the value without what is nested more than depth levels deep.
func limitDepth(v attribute.Value, depth int) attribute.Value {
	switch {
	case v.Type() != attribute.SLICE && v.Type() != attribute.MAP:
		return v
	case depth == 0:
		return attribute.StringValue(tooDeep)
	default:
		return mapInner(v, func(inner attribute.Value) attribute.Value { return limitDepth(inner, depth-1) })
	}
}

// mapInner returns a slice or map with f applied to its elements.
func mapInner(v attribute.Value, f func(attribute.Value) attribute.Value) attribute.Value {
	if v.Type() == attribute.SLICE {
		inner := v.AsSlice() // a copy
		for i := range inner {
			inner[i] = f(inner[i])
		}
		return attribute.SliceValue(inner...)
	}
	inner := v.AsMap() // a copy
	for i := range inner {
		inner[i].Value = f(inner[i].Value)
	}
	return attribute.MapValue(inner...)
}

// safeNumber returns NaN and infinities as text.
func safeNumber(f float64) attribute.Value {
	v := attribute.Float64Value(f)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return attribute.StringValue(v.String())
	}
	return v
}

func safeNumbers(v attribute.Value) attribute.Value {
	all := v.AsFloat64Slice()
	out, same := make([]attribute.Value, len(all)), true
	for i, f := range all {
		out[i] = safeNumber(f)
		same = same && out[i].Type() == attribute.FLOAT64
	}
	if same {
		return v
	}
	return attribute.SliceValue(out...)
}
