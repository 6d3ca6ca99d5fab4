package processor

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// deface changes everything about a record that can be changed, in place if the SDK
// changes it in place.
func deface(r *sdklog.Record) {
	var overwritten []attribute.KeyValue
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		overwritten = append(overwritten, attribute.String(string(kv.Key), "defaced"))
		return true
	})
	r.AddAttributes(overwritten...) // known keys are overwritten in place
	r.AddAttributes(attribute.String("added", "defaced"))
	r.SetBody(attribute.StringValue("defaced"))
	r.SetSeverity(log.SeverityFatal4)
	r.SetSeverityText("defaced")
	r.SetEventName("defaced")
	r.SetTimestamp(time.Time{})
	r.SetObservedTimestamp(time.Time{})
	r.SetTraceID(trace.TraceID{0xde})
	r.SetSpanID(trace.SpanID{0xde})
	r.SetTraceFlags(0xde)
}

// sameContent reports whether two records have the same content.
func sameContent(a, b *sdklog.Record) bool {
	return slices.Equal(attributesOf(a), attributesOf(b)) &&
		a.Body() == b.Body() &&
		a.Severity() == b.Severity() &&
		a.SeverityText() == b.SeverityText() &&
		a.EventName() == b.EventName() &&
		a.Timestamp().Equal(b.Timestamp()) &&
		a.ObservedTimestamp().Equal(b.ObservedTimestamp()) &&
		a.TraceID() == b.TraceID() && a.SpanID() == b.SpanID() && a.TraceFlags() == b.TraceFlags() &&
		a.Resource() == b.Resource() && a.InstrumentationScope() == b.InstrumentationScope()
}

func attributesOf(r *sdklog.Record) []attribute.KeyValue {
	kvs := []attribute.KeyValue{}
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		kvs = append(kvs, kv)
		return true
	})
	return kvs
}

func recordWith(attrs int) sdklog.Record {
	kvs := make([]attribute.KeyValue, attrs)
	for i := range kvs {
		kvs[i] = attribute.Int(strconv.Itoa(i), i)
	}
	r := exportertest.Record(log.SeverityInfo, "original", kvs...)
	r.SetSeverityText("original")
	r.SetEventName("original")
	r.SetTraceID(trace.TraceID{1})
	r.SetSpanID(trace.SpanID{2})
	r.SetTraceFlags(trace.FlagsSampled)
	return r
}

func TestWhatTheCallerDoesToItsRecordLaterIsNotSeen(t *testing.T) {
	for attrs := range 9 {
		t.Run("attributes="+strconv.Itoa(attrs), func(t *testing.T) {
			e := exportertest.New()
			release := e.Block()
			// Batches of two, so that of three records two are inside Export and one is
			// queued.
			p := start(t, e, WithExportMaxBatchSize(2))
			original := recordWith(attrs)
			for range 3 {
				r := original.Clone()
				p.OnEmit(t.Context(), &r)
				deface(&r)
			}
			if err := e.WaitEntered(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			release()
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := e.Records()
			if len(got) != 3 {
				t.Fatalf("%d records exported, want 3", len(got))
			}
			for i := range got {
				if !sameContent(&got[i], &original) {
					t.Errorf("record %d was changed after OnEmit: %v", i, attributesOf(&got[i]))
				}
			}
		})
	}
}

// An exporter must not keep the slice that it gets, but it may keep a record: the SDK's
// processors pass clones.
func TestRecordsThatAnExporterKeepsStayAsTheyWere(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			var kept []sdklog.Record
			e := exportertest.New(exportertest.WithFunc(func(_ context.Context, records []sdklog.Record) error {
				kept = append(kept, records...)
				return nil
			}))
			p := start(t, e, append(opts, WithExportMaxBatchSize(1))...)
			original := recordWith(8)
			for range 3 { // the memory of the first record is reused for the others
				r := original.Clone()
				p.OnEmit(t.Context(), &r)
				if err := p.ForceFlush(t.Context()); err != nil {
					t.Fatal(err)
				}
				deface(&r)
			}
			if len(kept) != 3 {
				t.Fatalf("%d records kept, want 3", len(kept))
			}
			for i := range kept {
				if !sameContent(&kept[i], &original) {
					t.Errorf("record %d changed in the exporter's hands: %v", i, attributesOf(&kept[i]))
				}
			}
		})
	}
}

// Vice versa: an exporter that clones before it modifies, as it must, does not change the
// record of the caller.
func TestOnEmitDoesNotChangeTheCallersRecord(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			e := exportertest.New(exportertest.WithFunc(func(_ context.Context, records []sdklog.Record) error {
				for i := range records {
					r := records[i].Clone()
					deface(&r)
				}
				return nil
			}))
			p := start(t, e, opts...)
			for _, attrs := range []int{0, 5, 8} {
				r, original := recordWith(attrs), recordWith(attrs)
				r.SetTimestamp(original.Timestamp())
				r.SetObservedTimestamp(original.ObservedTimestamp())
				p.OnEmit(t.Context(), &r)
				if err := p.ForceFlush(t.Context()); err != nil {
					t.Fatal(err)
				}
				if !sameContent(&r, &original) {
					t.Errorf("the record of %d attributes has changed: %v", attrs, attributesOf(&r))
				}
			}
		})
	}
}
