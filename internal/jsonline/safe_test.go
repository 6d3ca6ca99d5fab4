package jsonline

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"
)

// emitted returns the record that a processor of a provider gets.
func emitted(t testing.TB, set func(r *log.Record), opts ...sdklog.LoggerProviderOption) sdklog.Record {
	t.Helper()
	var c lastRecord
	var r log.Record
	set(&r)
	provider := sdklog.NewLoggerProvider(append(opts, sdklog.WithProcessor(&c))...)
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled,
	}))
	provider.Logger("scope", log.WithInstrumentationVersion("v1"), log.WithSchemaURL("url"),
		log.WithInstrumentationAttributes(attribute.Float64("nan", math.NaN()))).Emit(ctx, r)
	return c.record
}

type lastRecord struct{ record sdklog.Record }

func (*lastRecord) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (*lastRecord) ForceFlush(context.Context) error                       { return nil }
func (*lastRecord) Shutdown(context.Context) error                         { return nil }
func (c *lastRecord) OnEmit(_ context.Context, r *sdklog.Record) error {
	c.record = r.Clone()
	return nil
}

// wantSame checks that a record which stdoutlog can encode has the same line on the slow way.
func wantSame(t *testing.T, r *sdklog.Record) {
	t.Helper()
	var want, got bytes.Buffer
	exporter, err := stdoutlog.New(stdoutlog.WithWriter(&want))
	if err != nil {
		t.Fatal(err)
	}
	if err := exporter.Export(t.Context(), []sdklog.Record{*r}); err != nil {
		t.Fatal(err)
	}
	var res safeResource
	res.examine(r.Resource())
	if err := json.NewEncoder(&got).Encode(newSafeLine(r, res.json)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("the line is\n%s\nstdoutlog's is\n%s", got.Bytes(), want.Bytes())
	}
}

// TestSafeLineIsStdoutlogs checks that the fields of the two are the same, so that a new
// version of stdoutlog cannot change only some of the lines.
func TestSafeLineIsStdoutlogs(t *testing.T) {
	full := func(r *log.Record) {
		r.SetTimestamp(time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600)))
		r.SetEventName("event <&>")
		r.SetSeverity(log.SeverityError2)
		r.SetSeverityText("BAD")
		r.SetBody(attribute.MapValue(attribute.Int("b", 1), attribute.KeyValue{Key: "a", Value: attribute.SliceValue(attribute.BoolValue(true), attribute.Value{})}))
		r.AddAttributes(attribute.String("s", "\u2028\x01é\xff"), attribute.Float64Slice("f", []float64{1e300, -0.5}),
			attribute.StringSlice("ss", []string{"a"}), attribute.Bool("t", true), attribute.Int("i", 1), attribute.Int("dropped", 1))
	}
	for name, r := range map[string]sdklog.Record{
		"zero":           {},
		"empty":          emitted(t, func(*log.Record) {}),
		"empty resource": emitted(t, func(*log.Record) {}, sdklog.WithResource(resource.Empty())),
		"full":           emitted(t, full, sdklog.WithAttributeCountLimit(5)),
	} {
		t.Run(name, func(t *testing.T) { wantSame(t, &r) })
	}
}

// FuzzSafeLine compares the two for any text and numbers.
func FuzzSafeLine(f *testing.F) {
	f.Add("text", "key", 0.5, int64(0), int64(1))
	f.Add("\xff\u2029<", "", 1e21, int64(-1), int64(math.MaxInt32))
	f.Fuzz(func(t *testing.T, text, key string, number float64, seconds, n int64) {
		if math.IsNaN(number) || math.IsInf(number, 0) {
			return
		}
		when := time.Unix(seconds%(1<<37), n%1e9)
		if _, err := when.MarshalJSON(); err != nil {
			return
		}
		r := emitted(t, func(r *log.Record) {
			r.SetTimestamp(when)
			r.SetSeverityText(text)
			r.SetBody(attribute.StringValue(text))
			r.AddAttributes(attribute.Float64(key, number), attribute.Int64(key+"n", n), attribute.String("t", text),
				attribute.KeyValue{Key: "m", Value: attribute.MapValue(attribute.String(key, text), attribute.Float64("x", number))})
		})
		wantSame(t, &r)
	})
}

func encode(r *sdklog.Record) string { return string(new(Encoder).Encode([]sdklog.Record{*r})) }

func wantText(t *testing.T, line string, texts ...string) {
	t.Helper()
	if !json.Valid([]byte(line)) {
		t.Errorf("no JSON: %.300q", line)
	}
	for _, text := range texts {
		if !strings.Contains(line, text) {
			t.Errorf("%.2000s\nwithout %s", line, text)
		}
	}
}

// TestSafeLineKeepsTheDroppedCount: the keys may repeat, which no method of a record keeps
// together with its count.
func TestSafeLineKeepsTheDroppedCount(t *testing.T) {
	r := emitted(t, func(r *log.Record) {
		r.AddAttributes(attribute.Float64("a", math.NaN()), attribute.Int("a", 1), attribute.Int("c", 1), attribute.Int("d", 1))
	}, sdklog.WithAttributeCountLimit(2), sdklog.WithAllowKeyDuplication())
	wantText(t, encode(&r), `{"Key":"a","Value":{"Type":"STRING","Value":"NaN"}},{"Key":"a","Value":{"Type":"INT64","Value":1}}`, `"DroppedAttributes":2}`)
}

// TestSafeLineIsNotLimited: the limit for the values is not for the text of a number.
func TestSafeLineIsNotLimited(t *testing.T) {
	r := emitted(t, func(r *log.Record) {
		r.AddAttributes(attribute.Float64("a", math.Inf(-1)), attribute.String("b", "long"))
	}, sdklog.WithAttributeValueLengthLimit(2))
	wantText(t, encode(&r), `"-Infinity"`, `"lo"`)
}

// TestSafeLineTellsTheTime: a time that JSON cannot express is not replaced by another.
func TestSafeLineTellsTheTime(t *testing.T) {
	for want, when := range map[string]time.Time{
		`"Timestamp":"10000-02-03T04:05:06Z"`:            time.Date(10_000, 2, 3, 4, 5, 6, 0, time.UTC),
		`"Timestamp":"-0001-02-03T04:05:06Z"`:            time.Date(-1, 2, 3, 4, 5, 6, 0, time.UTC),
		`"Timestamp":"2026-02-03T04:05:06.000000007Z"`:   time.Date(2026, 2, 4, 5, 5, 6, 7, time.FixedZone("odd", 25*3600)),
		`"Timestamp":"2026-02-03T04:05:06.000000007+02`:  time.Date(2026, 2, 3, 4, 5, 6, 7, time.FixedZone("plain", 2*3600)),
		`"Timestamp":"9999-12-31T23:59:59.999999999Z","`: time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	} {
		r := emitted(t, func(r *log.Record) { r.SetTimestamp(when) })
		wantText(t, encode(&r), want)
	}
	r := emitted(t, func(r *log.Record) { r.SetTimestamp(time.Unix(math.MaxInt64, 0)) })
	wantText(t, encode(&r)) // its year has overflowed
}

// TestDeepValuesBecomeText: what is too deep for JSON is there as text, down to where the
// stack ends. The SDK does not walk a body whose keys may repeat.
func TestDeepValuesBecomeText(t *testing.T) {
	for _, depth := range []int{maxDepth, maxDepth + 1, 5_000, 1_000_000} {
		v := attribute.StringValue("innermost")
		for range depth {
			v = attribute.SliceValue(v)
		}
		r := emitted(t, func(r *log.Record) { r.SetBody(v) }, sdklog.WithAllowKeyDuplication())
		begun := time.Now()
		line := encode(&r)
		if took := time.Since(begun); took > 5*time.Second || len(line) > 100_000 {
			t.Errorf("depth %d: %d bytes after %v", depth, len(line), took)
		}
		if depth > maxDepth+maxTextDepth {
			wantText(t, line, tooDeep)
		} else {
			wantText(t, line, "innermost")
		}
	}
}

// TestResourceThatIsNoJSON costs no second encoding of each record.
func TestResourceThatIsNoJSON(t *testing.T) {
	r := emitted(t, func(*log.Record) {}, sdklog.WithResource(resource.NewSchemaless(attribute.Float64("res", math.NaN()))))
	var e Encoder
	for range 2 {
		wantText(t, string(e.Encode([]sdklog.Record{r})), `{"Key":"res","Value":{"Type":"STRING","Value":"NaN"}}`)
		if e.exp != nil {
			t.Error("stdoutlog was asked to encode it")
		}
	}
}

// TestEncodeSomeIsBounded: a batch of large records is not in memory as lines all at once,
// and nothing of it is left.
func TestEncodeSomeIsBounded(t *testing.T) {
	const size = 1 << 20
	recs := make([]sdklog.Record, 16)
	for i := range recs {
		recs[i] = emitted(t, func(r *log.Record) { r.SetBody(attribute.StringValue(strings.Repeat("x", size))) })
	}
	var e Encoder
	for done := 0; done < len(recs); {
		lines, n := e.EncodeSome(recs[done:], 3*size)
		if n < 1 || len(lines) > 4*size {
			t.Fatalf("%d lines of %d bytes", n, len(lines))
		}
		if got := bytes.Count(lines, []byte("\n")); got != n {
			t.Errorf("%d lines of %d records", got, n)
		}
		done += n
	}
	e.Release()
	if got := e.buf.Cap(); got > maxKept {
		t.Errorf("%d bytes are kept", got)
	}
	runtime.KeepAlive(&e)
	if _, n := e.EncodeSome(nil, size); n != 0 {
		t.Errorf("%d lines of no record", n)
	}
}
