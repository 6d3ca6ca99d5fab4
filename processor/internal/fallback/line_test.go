package fallback

import (
	"bytes"
	"encoding/json"
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
	"github.com/krunchwrapper/asynclog/internal/foreigntext"
)

// hostile is text that could do harm on a line or a terminal.
const hostile = "x\n{\"Severity\":21}\r\x1b[2J\x1b]0;owned\x07\x00\x7f\u009b31m\u202e\u2028\ufeff\U000e0041\xff\xed\xa0\x80<script>\\\""

// wantLine checks what holds for every line, and returns it.
func wantLine(t *testing.T, b []byte, limit int) (line struct {
	Body       struct{ Value any }
	Attributes []struct {
		Key   string
		Value struct{ Value any }
	}
	TraceID string
	Scope   struct{ Name string }
},
) {
	t.Helper()
	if len(b) > limit || bytes.Count(b, []byte("\n")) != 1 || b[len(b)-1] != '\n' {
		t.Fatalf("%d bytes with a limit of %d, %d line breaks", len(b), limit, bytes.Count(b, []byte("\n")))
	}
	for _, r := range string(b[:len(b)-1]) {
		if foreigntext.Escaped(r) {
			t.Fatalf("%U is left in %q", r, b)
		}
	}
	if err := json.Unmarshal(b, &line); err != nil {
		t.Fatalf("%v: %q", err, b)
	}
	return line
}

func lineOf(r *sdklog.Record, limit int) []byte {
	c := contentOfRecord(r)
	return appendLine(nil, &c, limit)
}

func nested(depth int) attribute.Value {
	v := attribute.Float64Value(math.NaN())
	for range depth {
		v = attribute.SliceValue(attribute.IntValue(1), v)
	}
	return v
}

func TestLineOfAnyRecord(t *testing.T) {
	many := make([]attribute.KeyValue, 100_000)
	for i := range many {
		many[i] = attribute.Int("key"+strconv.Itoa(i), i)
	}
	huge := strings.Repeat(hostile, 20<<20/len(hostile))
	for name, r := range map[string]sdklog.Record{
		"zero":            {},
		"hostile":         exportertest.Record(log.SeverityError, hostile, attribute.String(hostile, hostile), attribute.StringSlice("list", []string{hostile})),
		"20 MiB":          exportertest.Record(log.SeverityError, huge, attribute.String("first", huge), attribute.ByteSlice("bytes", []byte(huge)), attribute.String("last", "short")),
		"20 MiB of a key": exportertest.Record(log.SeverityError, "x", attribute.String(huge, "value")),
		"deep":            exportertest.Record(log.SeverityError, "x", attribute.KeyValue{Key: "deep", Value: nested(10_000)}),
		"many attributes": exportertest.Record(log.SeverityError, "x", many...),
		"a long map":      exportertest.Record(log.SeverityError, "x", attribute.Map("map", many...)),
		"long numbers":    exportertest.Record(log.SeverityError, "x", attribute.IntSlice("numbers", make([]int, 100_000))),
		"severity text": func() sdklog.Record {
			r := exportertest.Record(77, "x")
			r.SetSeverityText(huge)
			r.SetEventName(huge)
			return r
		}(),
	} {
		r.SetTraceID(trace.TraceID{1})
		for _, limit := range []int{MaxLine, MaxShortLine} {
			begun := time.Now()
			l := wantLine(t, lineOf(&r, limit), limit)
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("%s: took %v", name, took)
			}
			if l.TraceID == "" {
				t.Errorf("%s: no trace ID", name)
			}
			if name == "20 MiB" {
				if body := l.Body.Value.(string); len(body) < limit/8 || !strings.HasSuffix(body, " bytes cut)") {
					t.Errorf("the body is %d bytes of %d", len(body), limit)
				}
				if n := len(l.Attributes); n != 3 || l.Attributes[2].Value.Value != "short" {
					t.Errorf("%d attributes at %d, want all three, and the short one whole: %v", n, limit, l.Attributes[n-1])
				}
			}
			if name == "many attributes" {
				last := l.Attributes[len(l.Attributes)-1]
				if want := strconv.Itoa(len(many)-len(l.Attributes)+1) + " attributes"; last.Key != cutKey || last.Value.Value != want {
					t.Errorf("at the end %v, want %s", last, want)
				}
			}
		}
	}
}

// What fits is not cut, and what does not is cut a little only.
func TestLineIsCutAtItsLimit(t *testing.T) {
	cutBefore := false
	for n := MaxLine - 400; n < MaxLine; n++ {
		r := exportertest.Record(log.SeverityError, strings.Repeat("x", n))
		r.SetTimestamp(time.Unix(1, 0))
		b := lineOf(&r, MaxLine)
		body := wantLine(t, b, MaxLine).Body.Value.(string)
		cut := len(body) != n
		if cutBefore && !cut {
			t.Fatalf("%d bytes fit, fewer do not", n)
		}
		cutBefore = cut
	}
	if !cutBefore {
		t.Error("nothing was cut")
	}
}

func FuzzLine(f *testing.F) {
	f.Add(uint64(1), hostile, 2048)
	f.Fuzz(func(t *testing.T, seed uint64, text string, limit int) {
		limit = MaxShortLine + (limit&0x7fffffff)%MaxLine
		s := rand.New(rand.NewPCG(seed, 0))
		var value func(depth int) attribute.Value
		value = func(depth int) attribute.Value {
			n := s.IntN(10)
			if depth == 0 {
				n = s.IntN(7)
			}
			switch n {
			case 0:
				return attribute.Value{}
			case 1:
				return attribute.Float64Value([]float64{math.NaN(), math.Inf(1), 1e300, -0.5}[s.IntN(4)])
			case 2:
				return attribute.StringValue(strings.Repeat(text, s.IntN(100)))
			case 3:
				return attribute.ByteSliceValue([]byte(strings.Repeat(text, s.IntN(100))))
			case 4:
				return attribute.StringSliceValue([]string{text, "", text})
			case 5:
				return attribute.Float64SliceValue([]float64{1, math.NaN()})
			case 6:
				return attribute.Int64SliceValue(make([]int64, s.IntN(1000)))
			default:
				var values []attribute.Value
				var pairs []attribute.KeyValue
				for range s.IntN(6) {
					values = append(values, value(depth-1))
					pairs = append(pairs, attribute.KeyValue{Key: attribute.Key(text), Value: value(depth - 1)})
				}
				if n == 7 {
					return attribute.SliceValue(values...)
				}
				return attribute.MapValue(pairs...)
			}
		}
		r := exportertest.Record(log.Severity(s.IntN(30)), "")
		r.SetBody(value(3))
		for i := range s.IntN(20) {
			r.AddAttributes(attribute.KeyValue{Key: attribute.Key(text + strconv.Itoa(i)), Value: value(3)})
		}
		wantLine(t, lineOf(&r, limit), limit)
	})
}
