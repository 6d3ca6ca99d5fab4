package otlpwire_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/krunchwrapper/asynclog/internal/otlpwire"
)

// want encodes with protowire alone.
type want []byte

func (w want) varint(n protowire.Number, v uint64) want {
	return protowire.AppendVarint(protowire.AppendTag(w, n, protowire.VarintType), v)
}

func (w want) bytes(n protowire.Number, v []byte) want {
	return protowire.AppendBytes(protowire.AppendTag(w, n, protowire.BytesType), v)
}

func (w want) fixed64(n protowire.Number, v uint64) want {
	return protowire.AppendFixed64(protowire.AppendTag(w, n, protowire.Fixed64Type), v)
}

func (w want) keyValue(n protowire.Number, key string, value want) want {
	return w.bytes(n, want(nil).bytes(1, []byte(key)).bytes(2, value))
}

func compare(t *testing.T, name string, got []byte, want want) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %x, protowire has %x", name, got, []byte(want))
	}
}

func TestVarint(t *testing.T) {
	for shift := range 64 {
		for _, v := range []uint64{1<<shift - 1, 1 << shift, 1<<shift + 1} {
			got := otlpwire.AppendVarint(nil, v)
			compare(t, fmt.Sprint(v), got, protowire.AppendVarint(nil, v))
			if otlpwire.SizeVarint(v) != len(got) {
				t.Errorf("SizeVarint(%d) is %d, want %d", v, otlpwire.SizeVarint(v), len(got))
			}
		}
	}
}

// TestKeyValues: with keys and texts of all lengths up to 140, and a few beyond, so
// that every length passes the sizes at which a varint grows.
func TestKeyValues(t *testing.T) {
	const tag = 6<<3 | 2
	sizes := []int{16370, 16383, 16384, 1 << 21}
	for n := range 140 {
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		for _, m := range []int{0, 1, 100, 116, 117, 118, 119, 120, 121, 122, 123, 130} {
			key, text := strings.Repeat("k", m), strings.Repeat("v", n)
			compare(t, "string", otlpwire.AppendKeyString(nil, tag, key, text),
				want(nil).keyValue(6, key, want(nil).bytes(1, []byte(text))))
			compare(t, "bytes", otlpwire.AppendKeyValue(nil, tag, &attribute.KeyValue{Key: attribute.Key(key), Value: attribute.ByteSliceValue([]byte(text))}),
				want(nil).keyValue(6, key, want(nil).bytes(7, []byte(text))))
		}
		key := strings.Repeat("k", n)
		for _, v := range []int64{0, 1, -1, 127, 128, math.MinInt64} {
			compare(t, "int", otlpwire.AppendKeyInt(nil, tag, key, v), want(nil).keyValue(6, key, want(nil).varint(3, uint64(v))))
		}
		compare(t, "true", otlpwire.AppendKeyBool(nil, tag, key, true), want(nil).keyValue(6, key, want(nil).varint(2, 1)))
		compare(t, "false", otlpwire.AppendKeyBool(nil, tag, key, false), want(nil).keyValue(6, key, want(nil).varint(2, 0)))
		compare(t, "float", otlpwire.AppendKeyFloat(nil, tag, key, 1.5),
			want(nil).keyValue(6, key, want(nil).fixed64(4, math.Float64bits(1.5))))
		compare(t, "empty", otlpwire.AppendKeyValue(nil, tag, &attribute.KeyValue{Key: attribute.Key(key)}), want(nil).keyValue(6, key, nil))
		compare(t, "body", otlpwire.AppendValue(nil, otlpwire.LogBody, attribute.StringValue(key)),
			want(nil).bytes(5, want(nil).bytes(1, []byte(key))))
	}
}

func TestFields(t *testing.T) {
	at := time.Unix(1, 2)
	compare(t, "time", otlpwire.AppendTime(nil, otlpwire.LogTime, at), want(nil).fixed64(1, 1_000_000_002))
	compare(t, "observed", otlpwire.AppendTime(nil, otlpwire.LogObservedTime, at), want(nil).fixed64(11, 1_000_000_002))
	compare(t, "zero time", otlpwire.AppendTime(nil, otlpwire.LogTime, time.Time{}), nil)
	compare(t, "severity", otlpwire.AppendSeverity(nil, 24), want(nil).varint(2, 24))
	compare(t, "no severity", otlpwire.AppendSeverity(otlpwire.AppendSeverity(nil, 25), -1), nil)
	compare(t, "dropped", otlpwire.AppendUint32(nil, otlpwire.LogDroppedAttributes, 300), want(nil).varint(7, 300))
	compare(t, "many dropped", otlpwire.AppendUint32(nil, otlpwire.LogDroppedAttributes, math.MaxInt), want(nil).varint(7, math.MaxUint32))
	compare(t, "negative dropped", otlpwire.AppendUint32(nil, otlpwire.LogDroppedAttributes, -1), nil)
	compare(t, "flags", otlpwire.AppendFlags(nil, 3), protowire.AppendFixed32(protowire.AppendTag(nil, 8, protowire.Fixed32Type), 3))
	compare(t, "trace ID", otlpwire.AppendTraceID(nil, [16]byte{15: 1}), want(nil).bytes(9, []byte{15: 1}))
	compare(t, "span ID", otlpwire.AppendSpanID(nil, [8]byte{7: 1}), want(nil).bytes(10, []byte{7: 1}))
	compare(t, "zero IDs", otlpwire.AppendSpanID(otlpwire.AppendTraceID(nil, [16]byte{}), [8]byte{}), nil)
	compare(t, "text", otlpwire.AppendText(nil, otlpwire.LogEventName, "e"), want(nil).bytes(12, []byte("e")))
	compare(t, "no text", otlpwire.AppendText(nil, otlpwire.LogEventName, ""), nil)
}

// TestFrames: contents of all sizes around those at which a length grows, nested and
// behind other bytes.
func TestFrames(t *testing.T) {
	for _, around := range []int{0, 1 << 7, 1 << 14, 1 << 21} {
		for n := max(0, around-3); n < around+3; n++ {
			content := bytes.Repeat([]byte{7}, n)
			b, at := otlpwire.BeginRecord([]byte("before"))
			b, in := otlpwire.Begin(append(b, content...), 5<<3|2)
			b = otlpwire.EndRecord(otlpwire.End(append(b, content...), in), at)
			inner := want(content).bytes(5, content)
			compare(t, fmt.Sprint(n), b, want("before").bytes(2, inner))
		}
	}
}

func TestValid(t *testing.T) {
	same := func(b []byte) bool {
		return otlpwire.Valid(string(b)) == strings.ToValidUTF8(string(b), "\uFFFD")
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
	// One byte that is no UTF-8 at every place of every length, in every function that
	// takes a text. The buffer has other bytes behind its end.
	dirty := bytes.Repeat([]byte{0xEE}, 1000)[:0]
	for n := range 130 {
		for i := range n {
			b := bytes.Repeat([]byte{'a'}, n)
			if b[i] = 0x80; !same(b) {
				t.Errorf("byte %d of %d is not mended", i, n)
			}
			bad := string(b)
			good := strings.ToValidUTF8(bad, "\uFFFD")
			const tag = 6<<3 | 2
			compare(t, "text", otlpwire.AppendText(dirty, otlpwire.LogEventName, bad), want(nil).bytes(12, []byte(good)))
			compare(t, "body", otlpwire.AppendValue(dirty, otlpwire.LogBody, attribute.StringValue(bad)),
				want(nil).bytes(5, want(nil).bytes(1, []byte(good))))
			compare(t, "value", otlpwire.AppendKeyString(dirty, tag, "k", bad), want(nil).keyValue(6, "k", want(nil).bytes(1, []byte(good))))
			compare(t, "key", otlpwire.AppendKeyString(dirty, tag, bad, "v"), want(nil).keyValue(6, good, want(nil).bytes(1, []byte("v"))))
			compare(t, "key of a bool", otlpwire.AppendKeyBool(dirty, tag, bad, true), want(nil).keyValue(6, good, want(nil).varint(2, 1)))
			if t.Failed() {
				return
			}
		}
	}
}

// TestKeySet: a repeated key is always found, and others are taken for one seldom.
func TestKeySet(t *testing.T) {
	var wrong int
	for round := range 1000 {
		var s otlpwire.KeySet
		for i := range 10 {
			if s.Add(fmt.Sprintf("round%d.attribute%d.name", round, i)) {
				wrong++
			}
		}
		for i := range 10 {
			if !s.Add(fmt.Sprintf("round%d.attribute%d.name", round, i)) {
				t.Fatalf("round %d: key %d is not found", round, i)
			}
		}
	}
	// By chance: 45 pairs of keys and 256 places, 0.18 a round.
	if wrong > 600 {
		t.Errorf("%d of 10,000 keys were taken for others", wrong)
	}
}
