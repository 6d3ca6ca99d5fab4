package otlpwire

import "go.opentelemetry.io/otel/attribute"

// MaxDepth is the number of levels of nesting that are encoded. A value below is
// empty. The SDK cuts attributes at 64 levels, but no body, and what is nested much
// deeper makes a receiver refuse the request.
const MaxDepth = 500

// AppendValue appends a field with an AnyValue. A slice, a map and a byte slice cost
// one allocation each: [attribute.Value] gives only a copy of them.
//
// A key that is repeated in a map counts with its last value.
func AppendValue(b []byte, tag byte, v attribute.Value) []byte {
	if v.Type() == attribute.STRING {
		s := v.AsString()
		if n := len(s); n < 0x80-2 {
			longer, f := extend(b, n+4)
			f[0], f[1], f[2], f[3] = tag, byte(n+2), ValueString, byte(n)
			if copyASCII(f[4:], s) {
				return longer
			}
		}
		s = Valid(s)
		b = AppendVarint(append(b, tag), uint64(SizeBytes(len(s))))
		return appendValid(b, ValueString, s)
	}
	b, at := Begin(b, tag)
	return End(appendContent(b, v, 0), at)
}

// appendKeyComposite appends a field with a KeyValue whose value may have any size.
func appendKeyComposite(b []byte, tag byte, kv *attribute.KeyValue, depth int) []byte {
	b, at := Begin(b, tag)
	b = appendValid(b, KeyValueKey, Valid(string(kv.Key)))
	b, in := Begin(b, KeyValueValue)
	b = appendContent(b, kv.Value, depth)
	return End(End(b, in), at)
}

// appendContent appends the content of an AnyValue.
func appendContent(b []byte, v attribute.Value, depth int) []byte {
	switch v.Type() {
	case attribute.EMPTY:
		return b
	case attribute.STRING:
		return appendValid(b, ValueString, Valid(v.AsString()))
	case attribute.INT64:
		return appendInt(b, v.AsInt64())
	case attribute.BOOL:
		return appendBool(b, v.AsBool())
	case attribute.FLOAT64:
		return appendFloat(b, v.AsFloat64())
	case attribute.BYTESLICE:
		s := v.AsByteSlice()
		return append(AppendVarint(append(b, ValueBytes), uint64(len(s))), s...)
	case attribute.MAP:
		return appendMap(b, v, depth+1)
	case attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE, attribute.STRINGSLICE, attribute.SLICE:
		return appendArray(b, v, depth+1)
	default: // as OpenTelemetry's exporters have it
		return appendValid(b, ValueString, "INVALID")
	}
}

// appendMap appends the content of an AnyValue with a KeyValueList. AsMap returns the
// keys sorted and leaves equal keys in their order, so a repeated key is followed by
// an equal one.
func appendMap(b []byte, v attribute.Value, depth int) []byte {
	if depth > MaxDepth {
		return b
	}
	b, at := Begin(b, ValueMap)
	values := v.AsMap()
	for i := range values {
		kv := &values[i]
		if i+1 < len(values) && values[i+1].Key == kv.Key {
			continue
		}
		switch kv.Value.Type() {
		case attribute.MAP, attribute.SLICE:
			b = appendKeyComposite(b, ListValues, kv, depth)
		default:
			b = AppendKeyValue(b, ListValues, kv)
		}
	}
	return End(b, at)
}

// appendArray appends the content of an AnyValue with an ArrayValue.
func appendArray(b []byte, v attribute.Value, depth int) []byte {
	if depth > MaxDepth {
		return b
	}
	b, at := Begin(b, ValueArray)
	switch v.Type() {
	case attribute.STRINGSLICE:
		for _, s := range v.AsStringSlice() {
			s = Valid(s)
			b = AppendVarint(append(b, ListValues), uint64(SizeBytes(len(s))))
			b = appendValid(b, ValueString, s)
		}
	case attribute.INT64SLICE:
		for _, n := range v.AsInt64Slice() {
			b = appendInt(append(b, ListValues, byte(1+SizeVarint(uint64(n)))), n)
		}
	case attribute.BOOLSLICE:
		for _, t := range v.AsBoolSlice() {
			b = appendBool(append(b, ListValues, 2), t)
		}
	case attribute.FLOAT64SLICE:
		for _, f := range v.AsFloat64Slice() {
			b = appendFloat(append(b, ListValues, 9), f)
		}
	default:
		for _, e := range v.AsSlice() {
			var in int
			b, in = Begin(b, ListValues)
			b = End(appendContent(b, e, depth), in)
		}
	}
	return End(b, at)
}

func appendInt(b []byte, v int64) []byte {
	return AppendVarint(append(b, ValueInt), uint64(v))
}
