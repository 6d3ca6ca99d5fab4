package integration_test

import (
	"context"
	"math"
	"reflect"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

// Values of every kind in OpenTelemetry, and the values that a Collector writes for them.
var kinds = []struct {
	name  string
	value attribute.Value
	want  any
}{
	{"bool", attribute.BoolValue(true), true},
	{"int64", attribute.Int64Value(math.MinInt64), int64(math.MinInt64)},
	{"float64", attribute.Float64Value(0.1), 0.1},
	{"float64.infinite", attribute.Float64Value(math.Inf(-1)), math.Inf(-1)},
	{"string", attribute.StringValue("Grüße, 世界\n\x00"), "Grüße, 世界\n\x00"},
	{"string.empty", attribute.StringValue(""), ""},
	{"bytes", attribute.ByteSliceValue([]byte{0, 1, 0xff}), []byte{0, 1, 0xff}},
	{"bools", attribute.BoolSliceValue([]bool{true, false}), []any{true, false}},
	{"int64s", attribute.Int64SliceValue([]int64{1, math.MaxInt64}), []any{int64(1), int64(math.MaxInt64)}},
	{"float64s", attribute.Float64SliceValue([]float64{1.5, -2}), []any{1.5, -2.0}},
	{"strings", attribute.StringSliceValue([]string{"a", ""}), []any{"a", ""}},
	{"slice", attribute.SliceValue(attribute.IntValue(1), attribute.StringValue("two"), attribute.SliceValue()), []any{int64(1), "two", []any{}}},
	{
		"map", attribute.MapValue(
			attribute.String("text", "t"),
			attribute.Map("inner", attribute.Bool("yes", true), attribute.Slice("list", attribute.Float64Value(1.5))),
		),
		map[string]any{"text": "t", "inner": map[string]any{"yes": true, "list": []any{1.5}}},
	},
	{"empty", attribute.Value{}, nil},
}

const (
	scopeSchema    = "https://opentelemetry.io/schemas/1.40.0"
	resourceSchema = "https://opentelemetry.io/schemas/1.43.0"
)

// emitAllKinds emits a record for each kind of value, numbered from 1. Each record has
// all fields set, its kind of value as the body, and all kinds as attributes.
func emitAllKinds(provider *sdklog.LoggerProvider, at, observed time.Time) {
	logger := provider.Logger("scope",
		log.WithInstrumentationVersion("v1.2.3"),
		log.WithSchemaURL(scopeSchema),
		log.WithInstrumentationAttributes(attribute.String("scope.kind", "test")))
	ctx := trace.ContextWithSpanContext(context.Background(), spanContext)
	for i, kind := range kinds {
		var r log.Record
		r.SetTimestamp(at.Add(time.Duration(i)))
		r.SetObservedTimestamp(observed.Add(time.Duration(i)))
		r.SetEventName("event." + kind.name)
		r.SetSeverity(log.SeverityTrace1 + log.Severity(i))
		r.SetSeverityText("level " + kind.name)
		r.SetBody(kind.value)
		r.AddAttributes(attribute.Int(rig.IDKey, i+1))
		for _, k := range kinds { // more than the five that a record holds without an allocation
			r.AddAttributes(attribute.KeyValue{Key: attribute.Key(k.name), Value: k.value})
		}
		logger.Emit(ctx, r)
	}
}

var spanContext = trace.NewSpanContext(trace.SpanContextConfig{
	TraceID:    trace.TraceID{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36},
	SpanID:     trace.SpanID{0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7},
	TraceFlags: trace.FlagsSampled,
})

var contentResource = resource.NewWithAttributes(resourceSchema,
	attribute.String("service.name", "content"), attribute.Int("answer", 42))

// Every field of a record arrives exactly, to the nanosecond and the byte.
func TestContentArrives(t *testing.T) {
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		c := newCollector(t)
		p := newPipeline(t, newExporter(t, over, over.Addr(c))).processor
		provider := sdklog.NewLoggerProvider(sdklog.WithResource(contentResource), sdklog.WithProcessor(p))
		at := time.Unix(1_700_000_000, 123_456_789)
		observed := at.Add(time.Second)
		emitAllKinds(provider, at, observed)
		if err := p.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := p.Stats(); s.Exported != uint64(len(kinds)) {
			t.Errorf("%d records are exported, want %d", s.Exported, len(kinds))
		}

		attributes := map[string]any{}
		for _, k := range kinds {
			attributes[k.name] = k.want
		}
		records := arrived(t, c)
		if len(records) != len(kinds) {
			t.Fatalf("%d records arrived, want %d", len(records), len(kinds))
		}
		for _, r := range records {
			id, _ := r.Attributes().Get(rig.IDKey)
			i := int(id.Int()) - 1
			kind := kinds[i]
			t.Run(kind.name, func(t *testing.T) {
				attributes[rig.IDKey] = int64(i + 1)
				wantEqual(t, "timestamp", r.Timestamp().AsTime().UnixNano(), at.UnixNano()+int64(i))
				wantEqual(t, "observed timestamp", r.ObservedTimestamp().AsTime().UnixNano(), observed.UnixNano()+int64(i))
				wantEqual(t, "event name", r.EventName(), "event."+kind.name)
				wantEqual(t, "severity", int(r.SeverityNumber()), int(log.SeverityTrace1)+i)
				wantEqual(t, "severity text", r.SeverityText(), "level "+kind.name)
				wantEqual[any](t, "body", r.Body().AsRaw(), kind.want)
				wantEqual(t, "attributes", r.Attributes().AsRaw(), attributes)
				wantEqual(t, "dropped attributes", r.DroppedAttributesCount(), 0)
				wantEqual(t, "trace ID", trace.TraceID(r.TraceID()), spanContext.TraceID())
				wantEqual(t, "span ID", trace.SpanID(r.SpanID()), spanContext.SpanID())
				wantEqual(t, "sampled", r.Flags().IsSampled(), true)
				wantEqual(t, "resource", r.Resource.Attributes().AsRaw(), map[string]any{"service.name": "content", "answer": int64(42)})
				wantEqual(t, "resource schema", r.ResourceSchemaURL, resourceSchema)
				wantEqual(t, "scope", r.Scope.Name(), "scope")
				wantEqual(t, "scope version", r.Scope.Version(), "v1.2.3")
				wantEqual(t, "scope attributes", r.Scope.Attributes().AsRaw(), map[string]any{"scope.kind": "test"})
				wantEqual(t, "scope schema", r.ScopeSchemaURL, scopeSchema)
			})
		}
	})
}

// The same records arrive through this processor and through the SDK's batch processor.
func TestContentIsThatOfTheSDK(t *testing.T) {
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		at := time.Unix(1_700_000_000, 123_456_789)
		send := func(p func(sdklog.Exporter) sdklog.Processor) []rig.Record {
			c := newCollector(t)
			provider := sdklog.NewLoggerProvider(
				sdklog.WithResource(contentResource), sdklog.WithProcessor(p(newExporter(t, over, over.Addr(c)))),
				sdklog.WithAttributeCountLimit(8), sdklog.WithAttributeValueLengthLimit(4))
			emitAllKinds(provider, at, at)
			if err := provider.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			return arrived(t, c)
		}
		want := send(func(e sdklog.Exporter) sdklog.Processor { return sdklog.NewBatchProcessor(e) })
		got := send(func(e sdklog.Exporter) sdklog.Processor { return newPipeline(t, e).processor })
		if len(got) != len(kinds) || len(got) != len(want) {
			t.Fatalf("%d records arrived, %d from the SDK, want %d", len(got), len(want), len(kinds))
		}
		for i := range got {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("record %d: %+v, from the SDK %+v", i+1, got[i], want[i])
			}
		}
		if n := got[0].DroppedAttributesCount(); n != uint32(len(kinds)+1-8) {
			t.Errorf("%d attributes were dropped by the limit", n)
		}
	})
}

// Records of two services and two scopes that share a processor arrive with their own
// resource and scope.
func TestResourcesAndScopesAreKeptApart(t *testing.T) {
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		c := newCollector(t)
		p := newPipeline(t, newExporter(t, over, over.Addr(c)), processor.WithMaxQueueSize(1000)).processor
		const each = 50
		for range each {
			for _, service := range []string{"front", "worker"} {
				provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p),
					sdklog.WithResource(resource.NewSchemaless(attribute.String("service.name", service))))
				for _, scope := range []string{"a", "b"} {
					var r log.Record
					r.SetBody(attribute.StringValue(service + "/" + scope))
					provider.Logger(scope).Emit(t.Context(), r)
				}
			}
		}
		if err := p.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for _, r := range arrived(t, c) {
			service, _ := r.Resource.Attributes().Get("service.name")
			wantEqual(t, "service and scope", service.AsString()+"/"+r.Scope.Name(), r.Body().AsString())
			counts[r.Body().AsString()]++
		}
		wantEqual(t, "counts", counts, map[string]int{"front/a": each, "front/b": each, "worker/a": each, "worker/b": each})
	})
}

func wantEqual[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %#v, want %#v", what, got, want)
	}
}
