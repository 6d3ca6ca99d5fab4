package otlp_test

import (
	"math"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logpb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/krunchwrapper/asynclog/otlp"
)

// compareRecord compares what our reader has read of a framed record with what the
// generated code decodes.
func compareRecord(t *testing.T, framed []byte, r *otlp.Record) {
	t.Helper()
	var sl logpb.ScopeLogs
	if err := proto.Unmarshal(framed, &sl); err != nil || len(sl.LogRecords) != 1 {
		t.Fatalf("our reader takes %x, the generated code has %d records and: %v", framed, len(sl.LogRecords), err)
	}
	want := sl.LogRecords[0]
	if want.SeverityText != r.SeverityText() || want.EventName != r.EventName() ||
		int32(want.SeverityNumber) != int32(r.Severity()) || int(want.DroppedAttributesCount) != r.DroppedAttributes() {
		t.Errorf("%x: severity or event name differ", framed)
	}
	if ns := r.Timestamp().UnixNano(); want.TimeUnixNano != 0 && want.TimeUnixNano <= math.MaxInt64 && uint64(ns) != want.TimeUnixNano {
		t.Errorf("%x: time %d, want %d", framed, ns, want.TimeUnixNano)
	}
	if id := r.TraceID(); id.IsValid() && string(id[:]) != string(want.TraceId) {
		t.Errorf("%x: trace ID %x, want %x", framed, id, want.TraceId)
	}
	if id := r.SpanID(); id.IsValid() && string(id[:]) != string(want.SpanId) {
		t.Errorf("%x: span ID %x, want %x", framed, id, want.SpanId)
	}
	if repeated(framed) {
		return // protobuf merges the messages, we take the last one
	}
	compareValue(t, want.Body, r.Body())
	i := 0
	r.WalkAttributes(func(key string, v otlp.Value) bool {
		if want.Attributes[i].Key != key {
			t.Errorf("key %q, want %q", key, want.Attributes[i].Key)
		}
		compareValue(t, want.Attributes[i].Value, v)
		i++
		return !t.Failed()
	})
	if !t.Failed() && i != len(want.Attributes) {
		t.Errorf("%d attributes, want %d", i, len(want.Attributes))
	}
}

// repeated reports whether encoding a record again makes it shorter: a field that may
// stand once was there twice.
func repeated(framed []byte) bool {
	var sl logpb.ScopeLogs
	_ = proto.Unmarshal(framed, &sl)
	return proto.Size(&sl) != len(framed)
}

func compareValue(t *testing.T, want *commonpb.AnyValue, got otlp.Value) {
	t.Helper()
	same := false
	switch v := want.GetValue().(type) {
	case nil:
		same = got.Type() == attribute.EMPTY
	case *commonpb.AnyValue_BoolValue:
		same = got.Type() == attribute.BOOL && got.AsBool() == v.BoolValue
	case *commonpb.AnyValue_IntValue:
		same = got.Type() == attribute.INT64 && got.AsInt64() == v.IntValue
	case *commonpb.AnyValue_DoubleValue:
		same = got.Type() == attribute.FLOAT64 && math.Float64bits(got.AsFloat64()) == math.Float64bits(v.DoubleValue)
	case *commonpb.AnyValue_StringValue:
		same = got.Type() == attribute.STRING && got.AsString() == v.StringValue
	case *commonpb.AnyValue_BytesValue:
		same = got.Type() == attribute.BYTESLICE && string(got.Bytes()) == string(v.BytesValue)
	case *commonpb.AnyValue_ArrayValue:
		same = got.Type() == attribute.SLICE
		i := 0
		for e := range got.Slice() {
			compareValue(t, v.ArrayValue.Values[i], e)
			i++
		}
		same = same && i == len(v.ArrayValue.Values)
	case *commonpb.AnyValue_KvlistValue:
		same = got.Type() == attribute.MAP
		i := 0
		for key, e := range got.Map() {
			same = same && key == v.KvlistValue.Values[i].Key
			compareValue(t, v.KvlistValue.Values[i].Value, e)
			i++
		}
		same = same && i == len(v.KvlistValue.Values)
	default:
		return // a kind of value that is not for log records
	}
	if !same {
		t.Errorf("value %v of type %v, want %v", got.AttributeValue(), got.Type(), want)
	}
}
