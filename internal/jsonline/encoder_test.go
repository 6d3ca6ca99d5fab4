package jsonline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/internal/jsonline"
)

// nested returns a value with depth levels of maps or slices around NaN.
func nested(depth int, asMap bool) attribute.Value {
	v := attribute.Float64Value(math.NaN())
	for range depth {
		if asMap {
			v = attribute.MapValue(attribute.KeyValue{Key: "k", Value: v})
		} else {
			v = attribute.SliceValue(v)
		}
	}
	return v
}

// hostile are records that stdoutlog cannot encode, or only very slowly.
func hostile() map[string]sdklog.Record {
	record := func(set func(r *sdklog.Record)) sdklog.Record {
		r := exportertest.Record(log.SeverityError, "hostile")
		set(&r)
		return r
	}
	attr := func(v attribute.Value) sdklog.Record {
		return record(func(r *sdklog.Record) { r.AddAttributes(attribute.KeyValue{Key: "v", Value: v}) })
	}
	var scoped capture
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(&scoped), sdklog.WithResource(
		resource.NewSchemaless(attribute.Float64("res", math.Inf(-1)), attribute.KeyValue{Key: "deep", Value: nested(200, true)})))
	provider.Logger("s", log.WithInstrumentationAttributes(attribute.Float64("scope", math.NaN()))).Emit(context.Background(), log.Record{})

	return map[string]sdklog.Record{
		"NaN":             attr(attribute.Float64Value(math.NaN())),
		"infinity":        attr(attribute.Float64Value(math.Inf(1))),
		"in a slice":      attr(attribute.Float64SliceValue([]float64{1, math.NaN()})),
		"nested":          attr(nested(3, true)),
		"deep maps":       attr(nested(10_000, true)),
		"deep slices":     attr(nested(100_000, false)),
		"in the body":     record(func(r *sdklog.Record) { r.SetBody(nested(2, false)) }),
		"deep body":       record(func(r *sdklog.Record) { r.SetBody(nested(20_000, true)) }),
		"invalid UTF-8":   attr(attribute.StringValue("a\xffb")),
		"year 10000":      record(func(r *sdklog.Record) { r.SetTimestamp(time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)) }),
		"year -1":         record(func(r *sdklog.Record) { r.SetObservedTimestamp(time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)) }),
		"zone of seconds": record(func(r *sdklog.Record) { r.SetTimestamp(time.Now().In(time.FixedZone("x", 25*3600))) }),
		"resource, scope": scoped.record,
	}
}

type capture struct{ record sdklog.Record }

func (*capture) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (*capture) ForceFlush(context.Context) error                       { return nil }
func (*capture) Shutdown(context.Context) error                         { return nil }
func (c *capture) OnEmit(_ context.Context, r *sdklog.Record) error     { c.record = r.Clone(); return nil }

// TestEncodeHostileRecords checks that each record has one line, that its neighbours are
// what stdoutlog writes, and that it takes no time.
func TestEncodeHostileRecords(t *testing.T) {
	plain := exportertest.Record(log.SeverityInfo, "plain")
	var want bytes.Buffer
	e, err := stdoutlog.New(stdoutlog.WithWriter(&want))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Export(t.Context(), []sdklog.Record{plain}); err != nil {
		t.Fatal(err)
	}
	for name, r := range hostile() {
		t.Run(name, func(t *testing.T) {
			var enc jsonline.Encoder
			for range 2 { // the buffer is used again
				begun := time.Now()
				text := enc.Encode([]sdklog.Record{plain, r, plain, r})
				if took := time.Since(begun); took > 5*time.Second {
					t.Errorf("it took %v", took)
				}
				lines := bytes.SplitAfter(text, []byte("\n"))
				if len(lines) != 5 || len(lines[4]) != 0 {
					t.Fatalf("%d lines, want 4", len(lines)-1)
				}
				if !bytes.Equal(lines[0], want.Bytes()) || !bytes.Equal(lines[2], want.Bytes()) {
					t.Errorf("a neighbour is %q, want %q", lines[0], want.Bytes())
				}
				if !bytes.Equal(lines[1], lines[3]) || !json.Valid(lines[1]) {
					t.Errorf("the line is %.200q, then %.200q", lines[1], lines[3])
				}
			}
		})
	}
}

// TestEncodeKeepsWhatJSONCanSay looks into the line of a record that had to be changed.
func TestEncodeKeepsWhatJSONCanSay(t *testing.T) {
	r := exportertest.Record(log.SeverityWarn, "message")
	r.SetEventName("event")
	r.AddAttributes(
		attribute.Float64("bad", math.Inf(-1)), attribute.Int("good", 7),
		attribute.KeyValue{Key: "list", Value: attribute.Float64SliceValue([]float64{0.5, math.NaN()})},
	)
	text := string(new(jsonline.Encoder).Encode([]sdklog.Record{r}))
	for _, want := range []string{
		`"EventName":"event"`, `"Value":"message"`, `"Severity":13`,
		`{"Key":"bad","Value":{"Type":"STRING","Value":"-Infinity"}}`, `{"Key":"good","Value":{"Type":"INT64","Value":7}}`,
		`0.5`, `"NaN"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nwithout %s", text, want)
		}
	}
}

// TestEncodeKeepsTheDroppedCount covers both ways in which a record is changed.
func TestEncodeKeepsTheDroppedCount(t *testing.T) {
	for name, res := range map[string]*resource.Resource{
		"record":   resource.Empty(),
		"resource": resource.NewSchemaless(attribute.Float64("res", math.NaN())),
	} {
		var c capture
		provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(&c), sdklog.WithResource(res), sdklog.WithAttributeCountLimit(1))
		var r log.Record
		r.AddAttributes(attribute.Float64("a", math.NaN()), attribute.Int("b", 1), attribute.Int("c", 1))
		provider.Logger("x").Emit(t.Context(), r)
		if text := string(new(jsonline.Encoder).Encode([]sdklog.Record{c.record})); !strings.Contains(text, `"DroppedAttributes":2}`) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	r := exportertest.Record(log.SeverityInfo, "message")
	r.AddAttributes(attribute.Int("a", 1), attribute.String("b", "text"), attribute.Bool("c", true), attribute.Float64("d", 0.5), attribute.String("e", "more text"))
	recs := make([]sdklog.Record, 512)
	for i := range recs {
		recs[i] = r
	}
	b.Run("impl=stdoutlog", func(b *testing.B) {
		var buf bytes.Buffer
		e, err := stdoutlog.New(stdoutlog.WithWriter(&buf))
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			buf.Reset()
			if err := e.Export(context.Background(), recs); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("impl=jsonline", func(b *testing.B) {
		var enc jsonline.Encoder
		for b.Loop() {
			enc.Encode(recs)
		}
	})
}
