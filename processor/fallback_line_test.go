package processor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/fallback"
)

// fallbackAndStdoutlog returns the lines for the records that f emits: those of the
// fallback of a processor that has been shut down, and those of a stdoutlog exporter
// behind the same provider, with what the fallback leaves out left out.
func fallbackAndStdoutlog(t *testing.T, f func(log.Logger), opts ...sdklog.LoggerProviderOption) (got, want string) {
	t.Helper()
	var written, reference bytes.Buffer
	p := start(t, nil, WithFallback(&written), WithCriticalSeverity(log.SeverityUndefined))
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	exporter, err := stdoutlog.New(stdoutlog.WithWriter(&reference))
	if err != nil {
		t.Fatal(err)
	}
	opts = append(opts, sdklog.WithProcessor(sdklog.NewSimpleProcessor(exporter)), sdklog.WithProcessor(p))
	f(sdklog.NewLoggerProvider(opts...).Logger("scope", log.WithInstrumentationVersion("v1"),
		log.WithInstrumentationAttributes(attribute.Bool("of the scope", true))))
	p.fallback.Drain(t.Context())
	return canonical(t, written.String()), canonical(t, shortened(t, reference.String()))
}

// shortened removes from lines of stdoutlog what the fallback leaves out.
func shortened(t *testing.T, lines string) string {
	t.Helper()
	var short strings.Builder
	for text := range strings.Lines(lines) {
		var l map[string]any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&l); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(l["Timestamp"].(string), "0001-") {
			l["Timestamp"] = l["ObservedTimestamp"]
		}
		if n := l["Severity"].(json.Number).String(); l["SeverityText"] == "" && n != "0" {
			s, _ := strconv.Atoi(n)
			l["SeverityText"] = log.Severity(s).String()
		}
		for key, none := range map[string]any{
			"TraceID": strings.Repeat("0", 32), "SpanID": strings.Repeat("0", 16), "DroppedAttributes": json.Number("0"),
		} {
			if l[key] == none {
				delete(l, key)
			}
		}
		if len(l["Attributes"].([]any)) == 0 {
			delete(l, "Attributes")
		}
		delete(l, "ObservedTimestamp")
		delete(l, "TraceFlags")
		delete(l, "Resource")
		l["Scope"] = map[string]any{"Name": l["Scope"].(map[string]any)["Name"]}
		out, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		short.Write(out)
		short.WriteByte('\n')
	}
	return short.String()
}

// canonical writes lines of JSON the same way if they mean the same.
func canonical(t *testing.T, lines string) string {
	t.Helper()
	var out strings.Builder
	for text := range strings.Lines(lines) {
		var l any
		if err := json.Unmarshal([]byte(text), &l); err != nil || !strings.HasSuffix(text, "\n") {
			t.Errorf("not a line of JSON: %q: %v", text, err)
		}
		b, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
		out.WriteByte('\n')
	}
	return out.String()
}

func TestFallbackLinesAreStdoutlogs(t *testing.T) {
	sampled := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1, 2, 3}, SpanID: trace.SpanID{4, 5}, TraceFlags: trace.FlagsSampled,
	}))
	at := time.Date(2026, 2, 3, 4, 5, 6, 789, time.FixedZone("elsewhere", 3600))
	many := make([]attribute.KeyValue, 40)
	for i := range many {
		many[i] = attribute.Int(strings.Repeat("k", i+1), i)
	}
	for _, tc := range []struct {
		name string
		ctx  context.Context
		set  func(*log.Record)
	}{
		{"empty", t.Context(), func(*log.Record) {}},
		{"everything", sampled, func(r *log.Record) {
			r.SetTimestamp(at)
			r.SetObservedTimestamp(at.Add(time.Hour))
			r.SetEventName("event")
			r.SetSeverity(log.SeverityError2)
			r.SetSeverityText("E2")
			r.SetBody(attribute.StringValue("body"))
			r.AddAttributes(attribute.String("a", "b"), attribute.Float64("c", -1e300), attribute.IntSlice("d", []int{1, 2}))
		}},
		{"severity outside the data model", t.Context(), func(r *log.Record) { r.SetSeverity(77) }},
		{"text that JSON escapes", t.Context(), func(r *log.Record) {
			r.SetBody(attribute.StringValue("<a href=\"x\">&amp;\n\t\x00\u2028\U0001F525</a> \xff\xfe"))
			r.AddAttributes(attribute.String("key \n \"<>\"", "\\"))
		}},
		{"a line of nearly the most bytes", t.Context(), func(r *log.Record) {
			r.SetBody(attribute.StringValue(strings.Repeat("0123456789abcdef", fallback.MaxLine/16-20)))
		}},
		{"many attributes", t.Context(), func(r *log.Record) { r.AddAttributes(many...) }},
		{"more attributes than the limit", t.Context(), func(r *log.Record) { r.AddAttributes(append(many, many[0])...) }},
		{"structured body", t.Context(), func(r *log.Record) {
			r.SetBody(attribute.MapValue(
				attribute.String("a", "b"),
				attribute.KeyValue{Key: "c", Value: attribute.SliceValue(attribute.IntValue(1), attribute.BoolValue(true), attribute.Value{})},
				attribute.KeyValue{Key: "d", Value: attribute.ByteSliceValue([]byte{0, 255})},
			))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, want := fallbackAndStdoutlog(t, func(l log.Logger) {
				var r log.Record
				tc.set(&r)
				for range 2 { // the second line must not depend on the first
					l.Emit(tc.ctx, r)
				}
			}, sdklog.WithAttributeCountLimit(30))
			if got != want {
				t.Errorf("written\n%s\nstdoutlog writes\n%s", got, want)
			}
			if strings.Count(got, "\n") != 2 || !strings.HasSuffix(got, "\n") {
				t.Errorf("not one line each: %q", got)
			}
		})
	}
}

// JSON has no NaN and no infinity, and the encoder refuses the whole record. The fallback
// writes their text, and everything else as it is.
func TestFallbackWritesWhatHasNoJSONForm(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(-1)
	for _, tc := range []struct {
		name   string
		repeat bool                             // keys may
		set    func(r *log.Record, spoken bool) // the record with text for values without a JSON form
	}{
		{"attribute", false, func(r *log.Record, spoken bool) {
			r.AddAttributes(attribute.String("a", "b"))
			if spoken {
				r.AddAttributes(attribute.String("nan", "NaN"), attribute.String("inf", "-Infinity"))
			} else {
				r.AddAttributes(attribute.Float64("nan", nan), attribute.Float64("inf", inf))
			}
			r.AddAttributes(attribute.Float64("c", 1.5))
		}},
		{"keys that repeat", true, func(r *log.Record, spoken bool) {
			for i := range 29 {
				r.AddAttributes(attribute.Int("n", i))
			}
			if spoken {
				r.AddAttributes(attribute.String("n", "NaN"))
			} else {
				r.AddAttributes(attribute.Float64("n", nan))
			}
		}},
		{"one of many attributes", false, func(r *log.Record, spoken bool) {
			for i := range 10 {
				r.AddAttributes(attribute.Int(body(i), i))
			}
			if spoken {
				r.AddAttributes(attribute.String("nan", "NaN"))
			} else {
				r.AddAttributes(attribute.Float64("nan", nan))
			}
			r.AddAttributes(attribute.Int("last", 10))
		}},
		{"body", false, func(r *log.Record, spoken bool) {
			if spoken {
				r.SetBody(attribute.StringValue("NaN"))
			} else {
				r.SetBody(attribute.Float64Value(nan))
			}
		}},
		{"inside a list", false, func(r *log.Record, spoken bool) {
			list := attribute.Float64SliceValue([]float64{1, inf})
			if spoken {
				list = attribute.StringValue(list.String())
			}
			r.AddAttributes(attribute.KeyValue{Key: "list", Value: list})
			r.SetBody(list)
		}},
		{"attributes were dropped", false, func(r *log.Record, spoken bool) {
			for i := range 40 {
				if spoken {
					r.AddAttributes(attribute.String(body(i), "NaN"))
				} else {
					r.AddAttributes(attribute.Float64(body(i), nan))
				}
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opts := []sdklog.LoggerProviderOption{sdklog.WithAttributeCountLimit(30)}
			if tc.repeat {
				opts = append(opts, sdklog.WithAllowKeyDuplication())
			}
			captureErrors(t) // the stdoutlog exporter refuses it
			line := func(spoken bool) (fallback, stdoutlog string) {
				return fallbackAndStdoutlog(t, func(l log.Logger) {
					var r log.Record
					r.SetTimestamp(time.Unix(1, 0).UTC())
					r.SetObservedTimestamp(time.Unix(2, 0).UTC())
					r.SetSeverity(log.SeverityError)
					r.SetEventName("event")
					tc.set(&r, spoken)
					l.Emit(t.Context(), r)
				}, opts...)
			}
			got, refused := line(false)
			_, want := line(true)
			if got != want || !json.Valid([]byte(got)) {
				t.Errorf("written\n%s\nwant\n%s", got, want)
			}
			if refused != "" {
				t.Errorf("stdoutlog has learned to write %s", refused)
			}
		})
	}
}

// After a record that could not be encoded, and after a failed write, the lines are
// complete again.
func TestFallbackLineAfterOneThatFailed(t *testing.T) {
	errs := captureErrors(t)
	var written bytes.Buffer
	fail := errors.New("no space")
	p := start(t, exportertest.New(), WithFallback(writerFunc(func(line []byte) (int, error) {
		if bytes.Contains(line, []byte(`"fails"`)) {
			return 5, fail
		}
		return written.Write(line)
	})))
	_ = p.Shutdown(t.Context())
	unspeakable := exportertest.Record(critical, "nan", attribute.Float64("x", math.NaN()))
	for _, text := range []string{"a", "fails", "b"} {
		emit(p, critical, text)
		p.OnEmit(t.Context(), &unspeakable)
	}
	p.fallback.Drain(t.Context())
	wantLines(t, written.Bytes(), "a", "nan", "nan", "b", "nan")
	wantDropped(t, p, Drop{ReasonAlreadyShutdown, critical, 1})
	p.reporter.Finish(t.Context())
	if got := errs.matching(fail); len(got) != 1 {
		t.Errorf("reported %v, want the failed write once", errs.all())
	}
}
