package size

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// The encoding that sizes are compared with, written down from opentelemetry-proto's
// logs/v1/logs.proto and common/v1/common.proto.

func field(b []byte, number int, content []byte) []byte {
	b = append(b, byte(number<<3|2))
	return append(binary.AppendUvarint(b, uint64(len(content))), content...)
}

func varintField(b []byte, number int, n uint64) []byte {
	return binary.AppendUvarint(append(b, byte(number<<3)), n)
}

func fixed64Field(b []byte, number int, n uint64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, byte(number<<3|1)), n)
}

func textField(b []byte, number int, s string) []byte {
	if s == "" {
		return b
	}
	return field(b, number, []byte(s))
}

func encodeRecord(r *sdklog.Record) []byte {
	var b []byte
	for number, t := range map[int]time.Time{1: r.Timestamp(), 11: r.ObservedTimestamp()} {
		if n := t.UnixNano(); n > 0 {
			b = fixed64Field(b, number, uint64(n))
		}
	}
	if s := r.Severity(); s >= log.SeverityTrace && s <= log.SeverityFatal4 {
		b = varintField(b, 2, uint64(s))
	}
	b = textField(b, 3, r.SeverityText())
	b = field(b, 5, encodeValue(r.Body()))
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		b = field(b, 6, encodePair(kv))
		return true
	})
	if n := r.DroppedAttributes(); n > 0 {
		b = varintField(b, 7, uint64(n))
	}
	if f := r.TraceFlags(); f != 0 {
		b = binary.LittleEndian.AppendUint32(append(b, 8<<3|5), uint32(f))
	}
	if id := r.TraceID(); id.IsValid() {
		b = field(b, 9, id[:])
	}
	if id := r.SpanID(); id.IsValid() {
		b = field(b, 10, id[:])
	}
	b = textField(b, 12, r.EventName())
	return field(nil, 2, b)
}

func encodePair(kv attribute.KeyValue) []byte {
	return field(textField(nil, 1, string(kv.Key)), 2, encodeValue(kv.Value))
}

func encodeValue(v attribute.Value) []byte {
	var list []byte
	add := func(e attribute.Value) { list = field(list, 1, encodeValue(e)) }
	switch v.Type() {
	case attribute.EMPTY:
		return nil
	case attribute.STRING:
		return field(nil, 1, []byte(v.AsString()))
	case attribute.BOOL:
		return append([]byte{2 << 3}, map[bool]byte{true: 1}[v.AsBool()])
	case attribute.INT64:
		return varintField(nil, 3, uint64(v.AsInt64()))
	case attribute.FLOAT64:
		return fixed64Field(nil, 4, math.Float64bits(v.AsFloat64()))
	case attribute.BYTESLICE:
		return field(nil, 7, v.AsByteSlice())
	case attribute.MAP:
		for _, kv := range v.AsMap() {
			list = field(list, 1, encodePair(kv))
		}
		return field(nil, 6, list)
	case attribute.BOOLSLICE:
		for _, e := range v.AsBoolSlice() {
			add(attribute.BoolValue(e))
		}
	case attribute.INT64SLICE:
		for _, e := range v.AsInt64Slice() {
			add(attribute.Int64Value(e))
		}
	case attribute.FLOAT64SLICE:
		for _, e := range v.AsFloat64Slice() {
			add(attribute.Float64Value(e))
		}
	case attribute.STRINGSLICE:
		for _, e := range v.AsStringSlice() {
			add(attribute.StringValue(e))
		}
	case attribute.SLICE:
		for _, e := range v.AsSlice() {
			add(e)
		}
	}
	return field(nil, 5, list)
}

// source makes records of every shape, the same in every run.
type source struct{ *rand.Rand }

func (s source) text() string {
	return strings.Repeat("x", []int{0, 1, 5, 127, 128, 300, 1 << 14}[s.IntN(7)])
}

func (s source) number() int64 {
	return []int64{0, 1, -1, 127, 128, 1 << 40, math.MinInt64, math.MaxInt64}[s.IntN(8)]
}

func some[T any](s source, f func() T) []T {
	out := make([]T, s.IntN(8))
	for i := range out {
		out[i] = f()
	}
	return out
}

func (s source) value(depth int) attribute.Value {
	kinds := 12
	if depth == 0 {
		kinds = 10 // no further values inside
	}
	switch s.IntN(kinds) {
	case 0:
		return attribute.Value{}
	case 1:
		return attribute.BoolValue(s.IntN(2) == 0)
	case 2:
		return attribute.Int64Value(s.number())
	case 3:
		return attribute.Float64Value(s.Float64())
	case 4:
		return attribute.StringValue(s.text())
	case 5:
		return attribute.ByteSliceValue([]byte(s.text()))
	case 6:
		return attribute.BoolSliceValue(some(s, func() bool { return s.IntN(2) == 0 }))
	case 7:
		return attribute.Int64SliceValue(some(s, s.number))
	case 8:
		return attribute.Float64SliceValue(some(s, s.Float64))
	case 9:
		return attribute.StringSliceValue(some(s, s.text))
	case 10:
		return attribute.SliceValue(some(s, func() attribute.Value { return s.value(depth - 1) })...)
	default:
		return attribute.MapValue(s.attributes(depth - 1)...)
	}
}

func (s source) attributes(depth int) []attribute.KeyValue {
	n := 0
	return some(s, func() attribute.KeyValue {
		n++
		return attribute.KeyValue{Key: attribute.Key(strconv.Itoa(n)), Value: s.value(depth)}
	})
}

func (s source) record() sdklog.Record {
	r := exportertest.Record(log.Severity(s.IntN(28)-1), "", s.attributes(3)...)
	r.SetBody(s.value(3))
	r.SetSeverityText(s.text())
	r.SetEventName(s.text())
	r.SetTimestamp([]time.Time{{}, time.Unix(-1, 0), time.Unix(0, 0), time.Unix(1, 0), time.Now()}[s.IntN(5)])
	if s.IntN(2) == 0 {
		r.SetTraceID(trace.TraceID{1})
		r.SetSpanID(trace.SpanID{2})
		r.SetTraceFlags(trace.TraceFlags(s.IntN(2)))
	}
	return r
}

func TestRecordIsAsLongAsItsEncoding(t *testing.T) {
	s := source{rand.New(rand.NewPCG(1, 2))}
	for range 5000 {
		r := s.record()
		if got, want := Record(&r), len(encodeRecord(&r)); got != want {
			t.Fatalf("%d bytes, encoded it takes %d: %v", got, want, r)
		}
	}
}

// The sizes that the stock exporter's requests for such records have on the wire were
// measured (otlploghttp v0.23.0).
func TestRecordOnTheWire(t *testing.T) {
	var zero sdklog.Record
	text := exportertest.Record(log.SeverityInfo, "a message of ordinary length")
	full := limited(t, 128)
	cut := limited(t, 2)
	for name, tc := range map[string]struct {
		record sdklog.Record
		want   int
	}{
		"zero": {zero, 4},
		"text": {text, 54},
		"full": {full, 182},
		"cut":  {cut, 125},
	} {
		if got := Record(&tc.record); got != tc.want {
			t.Errorf("%s: %d bytes, want %d", name, got, tc.want)
		}
	}
}

// limited returns a record that has lost some of its five attributes if the limit is
// lower.
func limited(t *testing.T, limit int) sdklog.Record {
	t.Helper()
	var out capturingProcessor
	logger := sdklog.NewLoggerProvider(sdklog.WithProcessor(&out), sdklog.WithAttributeCountLimit(limit)).Logger("size")
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled,
	}))
	var r log.Record
	r.SetTimestamp(time.Now())
	r.SetSeverity(log.SeverityError)
	r.SetSeverityText("ERROR")
	r.SetEventName("export.failed")
	r.SetBody(attribute.StringValue("refused"))
	r.AddAttributes(attribute.String("peer", "10.0.0.1"), attribute.Int("attempt", 3),
		attribute.Bool("retry", true), attribute.Float64("seconds", 0.5), attribute.StringSlice("tags", []string{"a", "bc"}))
	logger.Emit(ctx, r)
	return out.record
}

// capturingProcessor is an SDK processor that keeps the last record.
type capturingProcessor struct {
	sdklog.Processor
	record sdklog.Record
}

func (k *capturingProcessor) OnEmit(_ context.Context, r *sdklog.Record) error {
	k.record = r.Clone()
	return nil
}

// The sizes of values, counted by hand from the protobuf encoding: a tag of one byte, a
// length where there is one, and the value. integration/retry compares them with what is
// really sent.
func TestValue(t *testing.T) {
	for _, tc := range []struct {
		v    attribute.Value
		want int
	}{
		{attribute.Value{}, 0},
		{attribute.BoolValue(true), 2},
		{attribute.Int64Value(0), 2},
		{attribute.Int64Value(127), 2},
		{attribute.Int64Value(128), 3},
		{attribute.Int64Value(-1), 11},
		{attribute.Float64Value(1), 9},
		{attribute.StringValue(""), 2},
		{attribute.StringValue("abc"), 5},
		{attribute.StringValue(strings.Repeat("x", 127)), 129},
		{attribute.StringValue(strings.Repeat("x", 128)), 131},
		{attribute.ByteSliceValue([]byte("abc")), 5},
		{attribute.BoolSliceValue([]bool{true, false}), 2 + 2*4},
		{attribute.Int64SliceValue([]int64{1, -1}), 2 + 4 + 13},
		{attribute.Float64SliceValue([]float64{1}), 2 + 11},
		{attribute.StringSliceValue([]string{"", "ab"}), 2 + 4 + 6},
		{attribute.SliceValue(attribute.BoolValue(true), attribute.StringValue("a")), 2 + 4 + 5},
		{attribute.MapValue(attribute.Bool("k", true)), 2 + 2 + 3 + 4},
	} {
		if got := value(&tc.v); got != tc.want {
			t.Errorf("%v (%v): %d bytes, want %d", tc.v.Type(), tc.v.String(), got, tc.want)
		}
	}
}

func TestRecordAllocatesNothing(t *testing.T) {
	r := exportertest.Record(log.SeverityInfo, "a", attribute.String("a", "b"), attribute.Int("b", 2), attribute.Bool("c", true),
		attribute.Float64("d", 4), attribute.String("e", "f"), attribute.String("f", "g"))
	if n := testing.AllocsPerRun(100, func() { Record(&r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	for _, n := range []int{0, 5, 10} {
		b.Run("attrs="+strconv.Itoa(n), func(b *testing.B) {
			var attrs []attribute.KeyValue
			for i := range n {
				attrs = append(attrs, attribute.String("key"+strconv.Itoa(i), "value"))
			}
			r := exportertest.Record(log.SeverityInfo, "a message of ordinary length for a benchmark", attrs...)
			b.ReportAllocs()
			for b.Loop() {
				Record(&r)
			}
		})
	}
}
