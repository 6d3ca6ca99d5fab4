package size

import (
	"math"
	"math/bits"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// The sizes of field parts. All fields of the messages below have numbers below 16.
const (
	tag     = 1
	fixed32 = tag + 4
	fixed64 = tag + 8
)

// Record returns how many bytes the record adds to the ScopeLogs message that contains
// it. It is at least 4.
func Record(r *sdklog.Record) int {
	n := at(r.Timestamp()) + at(r.ObservedTimestamp())
	if s := r.Severity(); s > log.SeverityUndefined && s <= log.SeverityFatal4 {
		n += tag + 1
	}
	n += Text(r.SeverityText()) + Text(r.EventName())
	body := r.Body()
	n += message(value(&body))
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		n += message(pair(&kv))
		return true
	})
	if dropped := r.DroppedAttributes(); dropped > 0 {
		n += tag + varint(min(uint64(dropped), math.MaxUint32))
	}
	if r.TraceFlags() != 0 {
		n += fixed32
	}
	if r.TraceID().IsValid() {
		n += tag + 1 + 16
	}
	if r.SpanID().IsValid() {
		n += tag + 1 + 8
	}
	return message(n)
}

// at returns the size of a time in nanoseconds. The zero time is left out.
func at(t time.Time) int {
	if t.UnixNano() <= 0 {
		return 0
	}
	return fixed64
}

// Text returns how many bytes a string adds to a message. An empty one is left out.
func Text(s string) int {
	if s == "" {
		return 0
	}
	return message(len(s))
}

// message returns the size of a field with n bytes in it.
func message(n int) int { return tag + varint(uint64(n)) + n }

func varint(n uint64) int { return (bits.Len64(n|1) + 6) / 7 }

// Attribute returns how many bytes a KeyValue adds to the message that contains it, such
// as a Resource.
func Attribute(kv attribute.KeyValue) int { return message(pair(&kv)) }

// pair returns the size of a KeyValue's content.
func pair(kv *attribute.KeyValue) int {
	return Text(string(kv.Key)) + message(value(&kv.Value))
}

// value returns the size of an AnyValue's content. Slices and maps have to be copied,
// which allocates.
func value(v *attribute.Value) int {
	switch v.Type() {
	case attribute.EMPTY:
		return 0
	case attribute.BOOL:
		return tag + 1
	case attribute.INT64:
		return tag + varint(uint64(v.AsInt64()))
	case attribute.FLOAT64:
		return fixed64
	case attribute.STRING:
		return message(len(v.AsString()))
	case attribute.BYTESLICE:
		return message(len(v.AsByteSlice()))
	default:
		return message(list(v))
	}
}

// list returns the size of the content of an ArrayValue or KeyValueList.
func list(v *attribute.Value) (n int) {
	switch v.Type() {
	case attribute.BOOLSLICE:
		n = len(v.AsBoolSlice()) * message(tag+1)
	case attribute.INT64SLICE:
		for _, e := range v.AsInt64Slice() {
			n += message(tag + varint(uint64(e)))
		}
	case attribute.FLOAT64SLICE:
		n = len(v.AsFloat64Slice()) * message(fixed64)
	case attribute.STRINGSLICE:
		for _, e := range v.AsStringSlice() {
			n += message(message(len(e)))
		}
	case attribute.SLICE:
		values := v.AsSlice()
		for i := range values {
			n += message(value(&values[i]))
		}
	case attribute.MAP:
		pairs := v.AsMap()
		for i := range pairs {
			n += message(pair(&pairs[i]))
		}
	default: // a type of a later release; the exporters write "INVALID"
		n = len("INVALID")
	}
	return n
}
