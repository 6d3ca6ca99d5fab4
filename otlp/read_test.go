package otlp_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/otlp"
)

// TestRecords reads records that stand one behind the other.
func TestRecords(t *testing.T) {
	want := []string{"one", "two", "three"}
	_, arena := textBatch(t, want...)
	var got []string
	for r, err := range otlp.Records(arena) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.Body().AsString())
	}
	if !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
	n := 0
	for _, err := range otlp.Records(append(arena, 1)) {
		if n++; (err != nil) != (n == 4) {
			t.Errorf("record %d: %v", n, err)
		}
	}
	if n != 4 {
		t.Errorf("%d records, want 3 and an error", n)
	}
}

// TestStringsAreCopies: what was read of a record stays as it is when the memory is
// used again, and a Clone with it.
func TestStringsAreCopies(t *testing.T) {
	rec := newRecord(t, everyKind)
	b := otlp.AppendRecord(nil, &rec)
	r := read(t, b)
	clone := r.Clone()
	severity, event, body := r.SeverityText(), r.EventName(), r.Body().AttributeValue()
	attrs := attributesOf(&r)
	for i := range b {
		b[i] = 0xAA
	}
	if severity != "INFO" || event != "asynclog.event" || body != rec.Body() {
		t.Errorf("read %q, %q, %v", severity, event, body)
	}
	if attrs[4] != attribute.String("string", "naïve") || string(attrs[6].Value.AsByteSlice()) != "\x00\xff\x80" {
		t.Errorf("attributes %v, %v", attrs[4], attrs[6])
	}
	if clone.EventName() != "asynclog.event" || clone.Body().AttributeValue() != rec.Body() {
		t.Errorf("the clone has %q", clone.EventName())
	}
}

// TestDamagedRecords: every record that is cut off, or has a wrong tag or length, is an
// error.
func TestDamagedRecords(t *testing.T) {
	rec := newRecord(t, everyKind)
	whole := otlp.AppendRecord(nil, &rec)
	for n := range whole {
		if _, _, err := otlp.ReadRecord(whole[:n]); !errors.Is(err, otlp.ErrMalformed) {
			t.Fatalf("the first %d bytes of %d: %v", n, len(whole), err)
		}
	}
	for name, b := range map[string]string{
		"another field":         "\x0a\x00",
		"field 0":               "\x12\x02\x00\x00",
		"a group":               "\x12\x02\x0b\x0c",
		"a length beyond int":   "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"a varint of 11 bytes":  "\x12\x0d\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"a trace ID of 3 bytes": "\x12\x05\x4a\x03abc",
		"text in Latin-1":       "\x12\x05\x1a\x03a\xe9b",
		"a body in Latin-1":     "\x12\x07\x2a\x05\x0a\x03a\xe9b",
		"a key in Latin-1":      "\x12\x07\x32\x05\x0a\x03a\xe9b",
		"a value cut off":       "\x12\x04\x2a\x02\x0a\x03",
		"a list cut off":        "\x12\x06\x2a\x04\x2a\x02\x0a\x03",
		"a map cut off":         "\x12\x06\x2a\x04\x32\x02\x0a\x03",
	} {
		if _, _, err := otlp.ReadRecord([]byte(b)); !errors.Is(err, otlp.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Unknown fields are skipped, and may be new ones of the protocol.
	r := read(t, []byte("\x12\x09\x10\x09\x78\x01\xa2\x06\x02hi"))
	if r.Severity() != 9 {
		t.Errorf("severity %v beside unknown fields", r.Severity())
	}
	deep := strings.Repeat("\x0a\x00", 1)
	for range 3000 {
		deep = field(0x2a, deep)
		deep = field(0x0a, deep)
	}
	if _, _, err := otlp.ReadRecord([]byte(field(0x12, field(0x2a, deep)))); !errors.Is(err, otlp.ErrMalformed) {
		t.Errorf("nested 3,000 levels deep: %v", err)
	}
}

// field encodes a field of bytes.
func field(tag byte, content string) string {
	b := []byte{tag}
	n := len(content)
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return string(append(b, byte(n))) + content
}

// walk reads everything that there is to read, and returns how much that was.
func walk(r *otlp.Record) (n int) {
	n += len(r.SeverityText()) + len(r.EventName()) + r.DroppedAttributes() + r.Timestamp().Nanosecond()
	var value func(v otlp.Value)
	value = func(v otlp.Value) {
		n += 1 + len(v.AsString()) + len(v.Bytes())
		for e := range v.Slice() {
			value(e)
		}
		for key, e := range v.Map() {
			n += len(key)
			value(e)
		}
	}
	value(r.Body())
	r.WalkAttributes(func(key string, v otlp.Value) bool {
		n += len(key)
		value(v)
		return true
	})
	return n
}

// FuzzReadRecord: whatever the bytes are, reading ends, with an error or with a record
// all of whose parts can be read.
func FuzzReadRecord(f *testing.F) {
	rec := newRecord(f, everyKind)
	f.Add(otlp.AppendRecord(nil, &rec))
	small := newRecord(f, fiveAttributes)
	f.Add(otlp.AppendRecord(nil, &small))
	f.Add([]byte("\x12\x02\x2a\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		records := 0
		for r, err := range otlp.Records(b) {
			if err != nil {
				if !errors.Is(err, otlp.ErrMalformed) {
					t.Fatal(err)
				}
				break
			}
			if records++; records > len(b) {
				t.Fatal("more records than bytes")
			}
			n := walk(&r)
			c := r.Clone()
			if m := walk(&c); m != n {
				t.Errorf("the clone has %d, the record %d", m, n)
			}
			attributesOf(&r)
		}
		_, _ = otlp.ParseResource(b)
		if s, err := otlp.ParseScope(b); err == nil {
			s.WalkAttributes(func(string, otlp.Value) bool { return true })
		}
		if !bytes.Equal(b, before) {
			t.Error("reading has changed the bytes")
		}
	})
}

// FuzzRoundTrip: what is encoded is read again, whatever the texts and numbers are.
func FuzzRoundTrip(f *testing.F) {
	f.Add("message", "key", "value", int64(1), 1.5, uint8(9), []byte("bytes"))
	f.Add("", "", "a\xff", int64(-1), math.Copysign(0, -1), uint8(200), []byte{})
	f.Add(strings.Repeat("x", 130), strings.Repeat("é", 64), "", int64(1)<<62, 1e300, uint8(24), []byte{0xff})
	f.Fuzz(func(t *testing.T, message, key, value string, n int64, x float64, severity uint8, raw []byte) {
		attrs := []attribute.KeyValue{
			attribute.String("s."+key, value),
			attribute.Int64("i."+key, n),
			attribute.Float64("f."+key, x),
			attribute.ByteSlice("b."+key, raw),
			attribute.Bool(key+"x", n > 0),
			attribute.Map("m", attribute.String(key, value), attribute.Slice("l", attribute.Int64Value(n), attribute.StringValue(value))),
		}
		rec := newRecord(t, func(r *sdklog.Record) {
			r.SetBody(attribute.StringValue(message))
			r.SetSeverityText(value)
			r.SetEventName(key)
			r.SetAttributes(attrs...)
		})
		r := read(t, otlp.AppendRecord([]byte("before")[:6:6], &rec)[6:])
		mend := func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
		if r.Body().AsString() != mend(message) || r.SeverityText() != mend(value) || r.EventName() != mend(key) {
			t.Errorf("body %q, severity text %q, event name %q", r.Body().AsString(), r.SeverityText(), r.EventName())
		}
		got := map[string]otlp.Value{}
		r.WalkAttributes(func(key string, v otlp.Value) bool { got[key] = v; return true })
		if key := mend("s." + key); got[key].AsString() != mend(value) {
			t.Errorf("%q is %q", key, got[key].AsString())
		}
		if key := mend("i." + key); got[key].AsInt64() != n {
			t.Errorf("%q is %d", key, got[key].AsInt64())
		}
		if key := mend("b." + key); string(got[key].Bytes()) != string(raw) {
			t.Errorf("%q is %q", key, got[key].Bytes())
		}
		if v := got["m"].AttributeValue(); v.Type() != attribute.MAP {
			t.Errorf("the map is %v", v)
		}
	})
}
