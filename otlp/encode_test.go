package otlp_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/krunchwrapper/asynclog/otlp"
)

var epoch = time.Unix(1_700_000_000, 123_456_789).UTC()

// fiveAttributes is the record of the benchmarks: a message and five attributes.
func fiveAttributes(r *sdklog.Record) {
	r.SetTimestamp(epoch)
	r.SetObservedTimestamp(epoch)
	r.SetSeverity(log.SeverityInfo)
	r.SetSeverityText("INFO")
	r.SetBody(attribute.StringValue("request handled"))
	r.SetAttributes(
		attribute.String("method", "GET"),
		attribute.String("path", "/api/v1/items"),
		attribute.Int("status", 200),
		attribute.Int64("duration", 1234567),
		attribute.Bool("cached", true),
	)
}

// everyKind sets every field, with attributes of every kind.
func everyKind(r *sdklog.Record) {
	fiveAttributes(r)
	r.SetEventName("asynclog.event")
	r.SetTraceID(trace.TraceID{1, 2, 3, 15: 16})
	r.SetSpanID(trace.SpanID{4, 5, 7: 8})
	r.SetTraceFlags(trace.FlagsSampled)
	r.SetBody(attribute.MapValue(attribute.String("message", "hello"), attribute.Int("n", -1)))
	r.SetAttributes(everyValue()...)
}

func everyValue() []attribute.KeyValue {
	return []attribute.KeyValue{
		{Key: "empty"},
		attribute.Bool("bool", false),
		attribute.Int64("int", math.MinInt64),
		attribute.Float64("float", math.Inf(-1)),
		attribute.String("string", "naïve"),
		attribute.String("long", strings.Repeat("x", 20_000)),
		attribute.ByteSlice("bytes", []byte{0, 0xff, 0x80}),
		attribute.BoolSlice("bools", []bool{true, false}),
		attribute.Int64Slice("ints", []int64{0, -1, math.MaxInt64}),
		attribute.Float64Slice("floats", []float64{0, 1.5, math.MaxFloat64}),
		attribute.StringSlice("strings", []string{"", "a", strings.Repeat("b", 200)}),
		attribute.Slice("slice", attribute.Value{}, attribute.IntValue(1), attribute.SliceValue(attribute.StringValue("deep"))),
		attribute.Map("map",
			attribute.String("", "empty key"),
			attribute.Map("inner", attribute.Int("one", 1), attribute.StringSlice("two", []string{"t"}))),
	}
}

// read reads one framed record, and fails if it is not the only one.
func read(t *testing.T, b []byte) otlp.Record {
	t.Helper()
	r, rest, err := otlp.ReadRecord(b)
	if err != nil {
		t.Fatalf("ReadRecord: %v", err)
	}
	if len(rest) > 0 {
		t.Fatalf("ReadRecord left %d bytes", len(rest))
	}
	return r
}

// attributesOf returns the attributes of an encoded record, in order.
func attributesOf(r *otlp.Record) (list []attribute.KeyValue) {
	r.WalkAttributes(func(key string, v otlp.Value) bool {
		list = append(list, attribute.KeyValue{Key: attribute.Key(key), Value: v.AttributeValue()})
		return true
	})
	return list
}

// TestRecordArrives reads back every field and every kind of value.
func TestRecordArrives(t *testing.T) {
	want := newRecord(t, everyKind)
	got := read(t, otlp.AppendRecord(nil, &want))

	if !got.Timestamp().Equal(epoch) || !got.ObservedTimestamp().Equal(epoch) {
		t.Errorf("times %v and %v, want %v", got.Timestamp(), got.ObservedTimestamp(), epoch)
	}
	if got.Severity() != log.SeverityInfo || got.SeverityText() != "INFO" || got.EventName() != "asynclog.event" {
		t.Errorf("severity %v %q, event name %q", got.Severity(), got.SeverityText(), got.EventName())
	}
	if got.TraceID() != want.TraceID() || got.SpanID() != want.SpanID() || got.TraceFlags() != trace.FlagsSampled {
		t.Errorf("trace %v %v %v", got.TraceID(), got.SpanID(), got.TraceFlags())
	}
	if v := got.Body().AttributeValue(); v != want.Body() {
		t.Errorf("body %v, want %v", v, want.Body())
	}
	attrs := attributesOf(&got)
	i := 0
	want.WalkAttributes(func(kv attribute.KeyValue) bool {
		// Typed slices arrive as SLICE: their texts are the same.
		if attrs[i].Key != kv.Key || attrs[i].Value.String() != kv.Value.String() {
			t.Errorf("attribute %d is %v, want %v", i, attrs[i], kv)
		}
		i++
		return true
	})
	if len(attrs) != i {
		t.Errorf("%d attributes, want %d", len(attrs), i)
	}
}

// TestEmptyRecord: all that is left of a record without anything is an empty body.
func TestEmptyRecord(t *testing.T) {
	r := newRecord(t, func(r *sdklog.Record) {
		r.SetTimestamp(time.Time{})
		r.SetObservedTimestamp(time.Time{})
	})
	if got, want := otlp.AppendRecord(nil, &r), []byte{0x12, 2, 0x2a, 0}; !bytes.Equal(got, want) {
		t.Errorf("encoded as %x, want %x", got, want)
	}
}

// TestRecordIsAppended: the bytes before it stay, whatever the size of the record,
// around each size at which its length needs another byte.
func TestRecordIsAppended(t *testing.T) {
	prefix := []byte("before")
	for _, around := range []int{0, 127, 16383, 1<<21 - 1} {
		for n := max(0, around-40); n < around+5; n++ {
			text := strings.Repeat("x", n)
			r := newRecord(t, func(r *sdklog.Record) { r.SetBody(attribute.StringValue(text)) })
			b := otlp.AppendRecord(bytes.Clone(prefix), &r)
			if !bytes.HasPrefix(b, prefix) {
				t.Fatalf("%d bytes of text: the bytes before changed", n)
			}
			got := read(t, b[len(prefix):])
			if got.Body().AsString() != text {
				t.Fatalf("%d bytes of text: the body changed", n)
			}
			_, _, size := protowire.ConsumeField(b[len(prefix):])
			if size != len(b)-len(prefix) {
				t.Fatalf("%d bytes of text: a frame of %d bytes, and %d were appended", n, size, len(b)-len(prefix))
			}
		}
	}
}

func TestTimesBefore1970AndZero(t *testing.T) {
	for _, at := range []time.Time{{}, time.Unix(-1, 0), time.Unix(0, 0)} {
		r := newRecord(t, func(r *sdklog.Record) { r.SetTimestamp(at); r.SetObservedTimestamp(at) })
		got := read(t, otlp.AppendRecord(nil, &r))
		if !got.Timestamp().IsZero() || !got.ObservedTimestamp().IsZero() {
			t.Errorf("%v arrives as %v and %v", at, got.Timestamp(), got.ObservedTimestamp())
		}
	}
}

func TestSeverityOutOfRange(t *testing.T) {
	for severity := log.Severity(-2); severity < 30; severity++ {
		r := newRecord(t, func(r *sdklog.Record) { r.SetSeverity(severity) })
		got := read(t, otlp.AppendRecord(nil, &r))
		want := severity
		if severity < 0 || severity > 24 {
			want = 0
		}
		if got.Severity() != want {
			t.Errorf("severity %d arrives as %d, want %d", severity, got.Severity(), want)
		}
	}
}

func TestDroppedAttributes(t *testing.T) {
	r := newRecord(t, fiveAttributes, sdklog.WithAttributeCountLimit(2))
	got := read(t, otlp.AppendRecord(nil, &r))
	if n := len(attributesOf(&got)); n != 2 || got.DroppedAttributes() != 3 {
		t.Errorf("%d attributes and %d dropped, want 2 and 3", n, got.DroppedAttributes())
	}
}

// TestInvalidTextIsMended: wherever text may stand, U+FFFD stands for what is no
// UTF-8.
func TestInvalidTextIsMended(t *testing.T) {
	const bad, good = "a\xff\xfeb\xc3", "a\uFFFDb\uFFFD"
	r := newRecord(t, func(r *sdklog.Record) {
		r.SetSeverityText(bad)
		r.SetEventName(bad)
		r.SetBody(attribute.StringValue(bad))
		r.SetAttributes(
			attribute.String(bad, bad),
			attribute.Int(bad+"i", 1),
			attribute.Bool(bad+"b", true),
			attribute.Float64(bad+"f", 1),
			attribute.StringSlice("s", []string{bad}),
			attribute.Slice("v", attribute.StringValue(bad)),
			attribute.Map("m", attribute.String(bad, bad), attribute.Slice(bad+"s", attribute.StringValue(bad))),
			attribute.ByteSlice("bytes", []byte(bad)),
		)
	})
	got := read(t, otlp.AppendRecord(nil, &r))
	if got.SeverityText() != good || got.EventName() != good || got.Body().AsString() != good {
		t.Errorf("severity text %q, event name %q, body %q", got.SeverityText(), got.EventName(), got.Body().AsString())
	}
	want := []attribute.KeyValue{
		attribute.String(good, good),
		attribute.Int(good+"i", 1),
		attribute.Bool(good+"b", true),
		attribute.Float64(good+"f", 1),
		attribute.Slice("s", attribute.StringValue(good)),
		attribute.Slice("v", attribute.StringValue(good)),
		attribute.Map("m", attribute.String(good, good), attribute.Slice(good+"s", attribute.StringValue(good))),
		attribute.ByteSlice("bytes", []byte(bad)),
	}
	compareAttributes(t, attributesOf(&got), want)
}

func compareAttributes(t *testing.T, got, want []attribute.KeyValue) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d attributes, want %d: %v", len(got), len(want), got)
		return
	}
	for i := range want {
		if got[i].Key != want[i].Key || got[i].Value != want[i].Value {
			t.Errorf("attribute %d is %q=%v, want %q=%v", i, got[i].Key, got[i].Value, want[i].Key, want[i].Value)
		}
	}
}

// TestRepeatedKey: the last value is sent, in the place of the first.
func TestRepeatedKey(t *testing.T) {
	nested := attribute.MapValue(attribute.Int("k", 1), attribute.Int("z", 0), attribute.Int("k", 2), attribute.Int("k", 3))
	want := attribute.MapValue(attribute.Int("k", 3), attribute.Int("z", 0))
	r := newRecord(t, func(r *sdklog.Record) {
		r.SetBody(nested)
		r.SetAttributes(
			attribute.Int("a", 1),
			attribute.Int("b", 1),
			attribute.KeyValue{Key: "nested", Value: attribute.SliceValue(nested)},
			attribute.Int("b", 2),
			attribute.String("a", "last"),
		)
	}, sdklog.WithAllowKeyDuplication())
	got := read(t, otlp.AppendRecord(nil, &r))
	if v := got.Body().AttributeValue(); v != want {
		t.Errorf("body %v, want %v", v, want)
	}
	compareAttributes(t, attributesOf(&got), []attribute.KeyValue{
		attribute.String("a", "last"),
		attribute.Int("b", 2),
		{Key: "nested", Value: attribute.SliceValue(want)},
	})
}

// TestManyKeys: with any number of attributes, and keys that differ little, all
// arrive, and a repeated one counts once.
func TestManyKeys(t *testing.T) {
	for n := 1; n < 150; n++ {
		var attrs []attribute.KeyValue
		for i := range n {
			attrs = append(attrs, attribute.Int(fmt.Sprintf("prefix.%d.suffix", i), i))
		}
		again := append(attrs[:n:n], attribute.Int(string(attrs[n-1].Key), -1))
		for _, list := range [][]attribute.KeyValue{attrs, again} {
			r := newRecord(t, func(r *sdklog.Record) { r.SetAttributes(list...) },
				sdklog.WithAllowKeyDuplication(), sdklog.WithAttributeCountLimit(-1))
			got := read(t, otlp.AppendRecord(nil, &r))
			want := attrs
			if len(list) > n {
				want = append(attrs[:n-1:n-1], list[n])
			}
			compareAttributes(t, attributesOf(&got), want)
		}
	}
}

// TestDeepNesting: levels beyond the limit are left out, and what is left can be
// read.
func TestDeepNesting(t *testing.T) {
	v := attribute.StringValue("bottom")
	for range 2000 {
		v = attribute.SliceValue(v)
	}
	r := newRecord(t, func(r *sdklog.Record) { r.SetBody(v) })
	got := read(t, otlp.AppendRecord(nil, &r))
	depth := 0
	for v := got.Body(); v.Type() == attribute.SLICE; depth++ {
		next := otlp.Value{}
		for e := range v.Slice() {
			next = e
		}
		v = next
	}
	if depth != 500 {
		t.Errorf("%d levels arrive, want 500", depth)
	}
}

// TestEncodingAllocates: scalars nothing, each composite value one copy.
func TestEncodingAllocates(t *testing.T) {
	composite := newRecord(t, func(r *sdklog.Record) {
		fiveAttributes(r)
		r.AddAttributes(
			attribute.ByteSlice("bytes", []byte("12345")),
			attribute.StringSlice("strings", []string{"a", "b"}),
			attribute.Int64Slice("ints", []int64{1, 2}),
			attribute.Slice("slice", attribute.IntValue(1)),
			attribute.Map("map", attribute.Int("one", 1), attribute.Map("two", attribute.Int("three", 3))),
		)
	})
	scalar := newRecord(t, fiveAttributes)
	buf := make([]byte, 0, 4096)
	for _, tc := range []struct {
		name string
		r    *sdklog.Record
		most float64
	}{{"scalar", &scalar, 0}, {"composite", &composite, 6}} {
		if got := testing.AllocsPerRun(100, func() { buf = otlp.AppendRecord(buf[:0], tc.r) }); got > tc.most {
			t.Errorf("%s: %v allocations, want at most %v", tc.name, got, tc.most)
		}
	}
}
