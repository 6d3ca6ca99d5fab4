package bridge_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/bridge"
)

// lastRecord is a processor that keeps the last record.
type lastRecord struct {
	sdklog.Record
}

func (*lastRecord) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }

func (l *lastRecord) OnEmit(_ context.Context, r *sdklog.Record) error {
	l.Record = r.Clone()
	return nil
}

func (*lastRecord) ForceFlush(context.Context) error { return nil }
func (*lastRecord) Shutdown(context.Context) error   { return nil }

// numbered returns n attributes a0, a1, …
func numbered(n int) []attribute.KeyValue {
	attrs := make([]attribute.KeyValue, n)
	for i := range attrs {
		attrs[i] = attribute.Int(fmt.Sprint("a", i), i)
	}
	return attrs
}

// stamped returns a record that was logged with n attributes, as it leaves the log processor.
func stamped(ctx context.Context, n int, opts ...sdklog.LoggerProviderOption) *sdklog.Record {
	var last lastRecord
	opts = append(opts, sdklog.WithProcessor(bridge.NewLogProcessor()), sdklog.WithProcessor(&last))
	var r log.Record
	r.AddAttributes(numbered(n)...)
	sdklog.NewLoggerProvider(opts...).Logger("test").Emit(ctx, r)
	return &last.Record
}

// TestCorrelationAtTheLimit: the ID is on every record, whatever its number of attributes.
// Every attribute is there or counted, and the first ones are kept.
func TestCorrelationAtTheLimit(t *testing.T) {
	ctx := bridge.ContextWithCorrelationID(t.Context(), "req-1")
	for _, limit := range []int{-1, 1, 2, 4, 5, 6, 7, 128} {
		for _, n := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 127, 128, 129, 1000} {
			for _, duplicates := range []bool{false, true} {
				opts := []sdklog.LoggerProviderOption{sdklog.WithAttributeCountLimit(limit)}
				if duplicates {
					opts = append(opts, sdklog.WithAllowKeyDuplication())
				}
				r := stamped(ctx, n, opts...)
				kept := n
				if limit > 0 {
					kept = min(n, limit-1)
				}
				got := attributesOf(r)
				if got["correlation.id"] != "req-1" || r.AttributesLen() != kept+1 || r.DroppedAttributes() != n-kept {
					t.Errorf("limit %d, %d attributes, duplicates %v: ID %v, %d kept and %d dropped, want %d and %d",
						limit, n, duplicates, got["correlation.id"], r.AttributesLen(), r.DroppedAttributes(), kept+1, n-kept)
				}
				for i := range kept {
					if got[fmt.Sprint("a", i)] != int64(i) {
						t.Errorf("limit %d, %d attributes: attribute %d is missing", limit, n, i)
						break
					}
				}
			}
		}
	}
	if r := stamped(ctx, 3, sdklog.WithAttributeCountLimit(0)); r.AttributesLen() != 0 || r.DroppedAttributes() != 4 {
		t.Errorf("limit 0: %d attributes, %d dropped", r.AttributesLen(), r.DroppedAttributes())
	}
}

// TestCorrelationOfTheCallerAtTheLimit: an ID that the caller has set stays, among those
// attributes that fit.
func TestCorrelationOfTheCallerAtTheLimit(t *testing.T) {
	ctx := bridge.ContextWithCorrelationID(t.Context(), "req-1")
	var last lastRecord
	provider := sdklog.NewLoggerProvider(
		sdklog.WithProcessor(bridge.NewLogProcessor()), sdklog.WithProcessor(&last), sdklog.WithAttributeCountLimit(8))
	var r log.Record
	r.AddAttributes(attribute.String("correlation.id", "mine"))
	r.AddAttributes(numbered(10)...)
	provider.Logger("test").Emit(ctx, r)
	if got := attributesOf(&last.Record); got["correlation.id"] != "mine" || len(got) != 8 || last.DroppedAttributes() != 3 {
		t.Errorf("%v, %d dropped", got, last.DroppedAttributes())
	}
}

// TestCorrelationOfAFullSpan: the SDK cannot make room in a span, so what it has stays.
func TestCorrelationOfAFullSpan(t *testing.T) {
	s := newService(t)
	ctx := bridge.ContextWithCorrelationID(t.Context(), "req-1")
	ctx, span := s.tracer.Start(ctx, "full", trace.WithAttributes(numbered(128)...))
	bridge.ContextWithCorrelationID(ctx, "req-2")
	span.End()
	got := s.spans.GetSpans()[0]
	if id := spanAttribute(got, "correlation.id"); id != "" || len(got.Attributes) != 128 || got.DroppedAttributes != 2 {
		t.Errorf("ID %q, %d attributes, %d dropped", id, len(got.Attributes), got.DroppedAttributes)
	}
}

// TestCorrelationOfAHugeRecord: a record of 100,000 attributes is stamped in a time
// in proportion to the log call's own.
func TestCorrelationOfAHugeRecord(t *testing.T) {
	start := time.Now()
	without := stamped(t.Context(), 100_000)
	own := time.Since(start)
	start = time.Now()
	with := stamped(bridge.ContextWithCorrelationID(t.Context(), "req-1"), 100_000)
	took := time.Since(start)
	t.Logf("a record of 100,000 attributes: %v without an ID, %v with", own, took)
	if without.DroppedAttributes() != 100_000-128 || with.DroppedAttributes() != 100_000-127 {
		t.Errorf("%d and %d dropped", without.DroppedAttributes(), with.DroppedAttributes())
	}
	if took > 10*own+5*time.Second {
		t.Errorf("%v, where the log call without an ID takes %v", took, own)
	}
}
