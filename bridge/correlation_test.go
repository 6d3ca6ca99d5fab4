package bridge_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

func TestCorrelationContext(t *testing.T) {
	ctx := t.Context()
	a := bridge.ContextWithCorrelationID(ctx, "a")
	b := bridge.ContextWithCorrelationID(a, "b")
	none := bridge.ContextWithCorrelationID(b, "")
	for i, c := range []struct {
		ctx  context.Context
		want string
	}{{nil, ""}, {ctx, ""}, {a, "a"}, {b, "b"}, {none, ""}} {
		if got := bridge.CorrelationIDFromContext(c.ctx); got != c.want {
			t.Errorf("%d: %q, want %q", i, got, c.want)
		}
	}
}

// TestCorrelationInGroups: the ID is at the top level, also of records logged inside
// groups. A record whose context has no ID gets none.
func TestCorrelationInGroups(t *testing.T) {
	s := newService(t)
	l := slog.New(bridge.NewHandler("test", bridge.WithLoggerProvider(s)))
	ctx := bridge.ContextWithCorrelationID(t.Context(), "req-1")

	l.InfoContext(ctx, "plain")
	wantAttributes(t, s.last(t), map[string]any{"correlation.id": "req-1"})
	l.With("a", 1).WithGroup("g").With("c", 3).WithGroup("h").InfoContext(ctx, "in groups", "b", 2)
	wantAttributes(t, s.last(t), map[string]any{
		"a": int64(1), "g": map[string]any{"c": int64(3), "h": map[string]any{"b": int64(2)}}, "correlation.id": "req-1",
	})
	l.Info("without context")
	wantAttributes(t, s.last(t), map[string]any{})
}

func TestCorrelationOfTheCaller(t *testing.T) {
	s := newService(t)
	l := slog.New(bridge.NewHandler("test", bridge.WithLoggerProvider(s)))
	ctx := bridge.ContextWithCorrelationID(t.Context(), "req-1")
	l.InfoContext(ctx, "…", "correlation.id", "mine")
	wantAttributes(t, s.last(t), map[string]any{"correlation.id": "mine"})
	l.InfoContext(ctx, "…", "a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "correlation.id", "mine")
	if id := attributesOf(new(s.last(t)))["correlation.id"]; id != "mine" {
		t.Errorf("ID %q among many attributes, want the caller's", id)
	}
}

func TestCorrelationKey(t *testing.T) {
	s := newService(t, bridge.WithCorrelationKey("request.id"))
	ctx := bridge.ContextWithCorrelationKey(t.Context(), "request.id")
	ctx, span := s.tracer.Start(ctx, "recording")
	ctx = bridge.ContextWithCorrelationID(ctx, "req-1")
	s.phases().Log(ctx, "ANALYSIS", "…")
	_, child := s.tracer.Start(ctx, "child")
	child.End()
	span.End()

	wantAttributes(t, s.last(t), map[string]any{"asynclog.phase": "ANALYSIS", "request.id": "req-1"})
	for _, span := range s.spans.GetSpans() {
		if id := spanAttribute(span, "request.id"); id != "req-1" || len(span.Attributes) != 1 {
			t.Errorf("span %s has the attributes %v", span.Name, span.Attributes)
		}
	}
	if ctx := bridge.ContextWithCorrelationKey(ctx, ""); !spanGetsKey(ctx, s, "correlation.id") {
		t.Error("an empty key is not the default")
	}
}

// spanGetsKey reports whether a recording span gets the ID with the key.
func spanGetsKey(ctx context.Context, s *service, key string) bool {
	ctx, span := s.tracer.Start(ctx, "again")
	bridge.ContextWithCorrelationID(ctx, "req-2")
	span.End()
	spans := s.spans.GetSpans()
	return spanAttribute(spans[len(spans)-1], key) == "req-2"
}

// TestCorrelationOfSpans has spans that are recording when the ID is set, that start
// later, that have ended before, and that have no ID.
func TestCorrelationOfSpans(t *testing.T) {
	s := newService(t)
	ctx, early := s.tracer.Start(t.Context(), "early")
	_, sibling := s.tracer.Start(ctx, "sibling")
	sibling.End()
	ctx = bridge.ContextWithCorrelationID(ctx, "req-1")
	later, child := s.tracer.Start(ctx, "child", trace.WithAttributes(attribute.String("correlation.id", "its own")))
	_, grandchild := s.tracer.Start(later, "grandchild")
	_, other := s.tracer.Start(bridge.ContextWithCorrelationID(ctx, ""), "other")
	for _, span := range []trace.Span{other, grandchild, child, early} {
		span.End()
	}
	bridge.ContextWithCorrelationID(ctx, "too late")

	got := map[string]string{}
	for _, span := range s.spans.GetSpans() {
		got[span.Name] = spanAttribute(span, "correlation.id")
	}
	want := map[string]string{"early": "req-1", "sibling": "", "child": "req-1", "grandchild": "req-1", "other": ""}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("IDs %v, want %v", got, want)
	}
}

// TestCorrelationKeepsTrace: trace and span are as the SDK sets them.
func TestCorrelationKeepsTrace(t *testing.T) {
	s := newService(t)
	ctx, span := s.tracer.Start(t.Context(), "request")
	defer span.End()
	s.phases().Log(bridge.ContextWithCorrelationID(ctx, "req-1"), "ANALYSIS", "…")
	r := s.last(t)
	if sc := span.SpanContext(); r.TraceID() != sc.TraceID() || r.SpanID() != sc.SpanID() || r.TraceFlags() != sc.TraceFlags() {
		t.Errorf("the record has trace %v, span %v, flags %v", r.TraceID(), r.SpanID(), r.TraceFlags())
	}
}

// TestCorrelationIsNotEnabled: an enabled log processor would defeat the minimum
// severity of the processor that exports, and records would be built for nothing.
func TestCorrelationIsNotEnabled(t *testing.T) {
	p := processor.New(exportertest.New(), processor.WithMinSeverity(errorsOnly{}))
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(bridge.NewLogProcessor()), sdklog.WithProcessor(p))
	defer func() {
		if err := provider.Shutdown(context.Background()); err != nil || !p.Stats().Balanced() {
			t.Errorf("Shutdown: %v, %+v", err, p.Stats())
		}
	}()
	l := provider.Logger("test")
	for severity, want := range map[log.Severity]bool{log.SeverityInfo: false, log.SeverityError: true} {
		if got := l.Enabled(t.Context(), log.EnabledParameters{Severity: severity}); got != want {
			t.Errorf("Enabled(%v) = %v", severity, got)
		}
	}
}

func TestCorrelationProcessorsDoNothingElse(t *testing.T) {
	p, sp := bridge.NewLogProcessor(), bridge.NewSpanProcessor()
	ctx := bridge.ContextWithCorrelationID(t.Context(), "req-1")
	for _, err := range []error{
		p.OnEmit(ctx, nil), p.OnEmit(nil, &sdklog.Record{}), p.ForceFlush(ctx), p.Shutdown(ctx), //nolint:staticcheck // no context
		sp.ForceFlush(ctx), sp.Shutdown(ctx),
	} {
		if err != nil {
			t.Error(err)
		}
	}
}

// TestCorrelationDoesNotAllocate holds for a record with fewer than five attributes.
func TestCorrelationDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the SDK's pools allocate at random under the race detector")
	}
	ctx := bridge.ContextWithCorrelationID(t.Context(), "req-1")
	p := bridge.NewLogProcessor()
	attrs := []attribute.KeyValue{
		attribute.Int("a", 1), attribute.String("b", "x"), attribute.Bool("c", true), attribute.Float64("d", 1),
	}
	for n := range len(attrs) + 1 {
		r := exportertest.Record(log.SeverityInfo, "…", attrs[:n]...)
		if allocs := testing.AllocsPerRun(1000, func() {
			r := r
			_ = p.OnEmit(ctx, &r)
			if r.AttributesLen() != n+1 {
				t.Fatal("not stamped")
			}
		}); allocs != 0 {
			t.Errorf("%v allocations with %d attributes", allocs, n)
		}
	}
}

func TestCorrelationConcurrentSafe(t *testing.T) {
	s := newService(t)
	l := s.phases()
	ctx, span := s.tracer.Start(t.Context(), "shared")
	const goroutines, rounds = 8, 50
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range rounds {
				ctx := bridge.ContextWithCorrelationID(ctx, fmt.Sprint(g, "-", i))
				_, child := s.tracer.Start(ctx, "child", trace.WithAttributes(attribute.String("want", fmt.Sprint(g, "-", i))))
				l.Log(ctx, "ANALYSIS", "…", attribute.String("want", fmt.Sprint(g, "-", i)))
				child.End()
			}
		})
	}
	wg.Wait()
	span.End()
	for _, r := range s.records(t) {
		if a := attributesOf(&r); a["correlation.id"] != a["want"] {
			t.Fatalf("the record has %v", a)
		}
	}
	ids := s.spanIDs()
	if slices.Contains(ids, "") || len(ids) != goroutines*rounds+1 {
		t.Errorf("%d spans, want %d, all with an ID", len(ids), goroutines*rounds+1)
	}
	for _, span := range s.spans.GetSpans() {
		if span.Name == "child" && spanAttribute(span, "want") != spanAttribute(span, "correlation.id") {
			t.Fatalf("the span has %v", span.Attributes)
		}
	}
}
