package metrics_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/metrics"
)

func tracer(t *testing.T) (trace.Tracer, *tracetest.SpanRecorder) {
	t.Helper()
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	return provider.Tracer("test"), recorder
}

// exemplar returns the only exemplar of a series.
func exemplar(t *testing.T, p metricdata.HistogramDataPoint[float64]) metricdata.Exemplar[float64] {
	t.Helper()
	if len(p.Exemplars) != 1 {
		t.Fatalf("%d exemplars, want one: %+v", len(p.Exemplars), p.Exemplars)
	}
	return p.Exemplars[0]
}

func TestExemplarOfTheCallersSpan(t *testing.T) {
	tr, _ := tracer(t)
	m, reader := start(t)
	ctx, span := tr.Start(t.Context(), "request")
	timer := m.Start(ctx, "parse")
	if timer.Context() != ctx {
		t.Error("without a tracer Context is not the context given")
	}
	done := make(chan struct{})
	go func() { // the exemplar is of the span that was current when the timer started
		defer close(done)
		timer.Stop()
	}()
	<-done
	span.End()
	e := exemplar(t, points(t, reader)[point{"parse", ""}])
	want := span.SpanContext()
	if trace.TraceID(e.TraceID) != want.TraceID() || trace.SpanID(e.SpanID) != want.SpanID() {
		t.Errorf("exemplar %x %x, want %v %v", e.TraceID, e.SpanID, want.TraceID(), want.SpanID())
	}
}

// One call gives the histogram, the span and the exemplar.
func TestWithTracer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, recorder := tracer(t)
		m, reader := start(t, metrics.WithTracer(tr))
		ctx, request := tr.Start(t.Context(), "request")
		begun := time.Now()
		err := m.Time(ctx, "outer", func(ctx context.Context) error {
			time.Sleep(time.Second)
			inner := m.Start(ctx, "inner")
			time.Sleep(2 * time.Second)
			inner.Stop()
			inner.Stop() // ends no span twice
			return typedError("timeout")
		})
		if err == nil {
			t.Error("the error is gone")
		}
		request.End()

		spans := map[string]sdktrace.ReadOnlySpan{}
		for _, s := range recorder.Ended() {
			if spans[s.Name()] != nil {
				t.Errorf("span %q ended twice", s.Name())
			}
			spans[s.Name()] = s
		}
		outer, inner := spans["outer"], spans["inner"]
		if outer == nil || inner == nil {
			t.Fatalf("spans %v", spans)
		}
		if outer.Parent().SpanID() != request.SpanContext().SpanID() || inner.Parent().SpanID() != outer.SpanContext().SpanID() {
			t.Error("the spans do not nest")
		}
		if !outer.StartTime().Equal(begun) || !outer.EndTime().Equal(begun.Add(3*time.Second)) || outer.SpanKind() != trace.SpanKindInternal {
			t.Errorf("outer from %v to %v, kind %v", outer.StartTime(), outer.EndTime(), outer.SpanKind())
		}
		if s := outer.Status(); s.Code != codes.Error || s.Description != "failed: timeout" {
			t.Errorf("status of outer: %+v", s)
		}
		if s := inner.Status(); s.Code != codes.Unset {
			t.Errorf("status of inner: %+v", s)
		}
		outerAttrs := attribute.NewSet(outer.Attributes()...)
		if value(outerAttrs, "operation.name") != "outer" || value(outerAttrs, "error.type") != "timeout" {
			t.Errorf("attributes of outer: %v", outer.Attributes())
		}

		series := points(t, reader)
		for p, span := range map[point]sdktrace.ReadOnlySpan{{"outer", "timeout"}: outer, {"inner", ""}: inner} {
			e := exemplar(t, series[p])
			if trace.SpanID(e.SpanID) != span.SpanContext().SpanID() || trace.TraceID(e.TraceID) != span.SpanContext().TraceID() {
				t.Errorf("the exemplar of %v does not point to its span", p)
			}
			if d := span.EndTime().Sub(span.StartTime()).Seconds(); series[p].Sum != d || e.Value != d {
				t.Errorf("%v: histogram %v, exemplar %v, span %v", p, series[p].Sum, e.Value, d)
			}
		}
	})
}

// The span, the histogram and Stop have the same duration by a real clock, too.
func TestSpanHasTheSameDuration(t *testing.T) {
	tr, recorder := tracer(t)
	m, reader := start(t, metrics.WithTracer(tr))
	timer := m.Start(t.Context(), "parse")
	time.Sleep(time.Millisecond)
	d := timer.Stop()
	span := recorder.Ended()[0]
	if got := span.EndTime().Sub(span.StartTime()); got != d {
		t.Errorf("the span takes %v, Stop says %v", got, d)
	}
	if got := points(t, reader)[point{"parse", ""}].Sum; got != d.Seconds() {
		t.Errorf("the histogram has %v, Stop says %v", got, d)
	}
}

func TestSpanOfPanic(t *testing.T) {
	tr, recorder := tracer(t)
	m, _ := start(t, metrics.WithTracer(tr))
	func() {
		defer func() { _ = recover() }()
		_ = m.Time(t.Context(), "parse", func(context.Context) error { panic("secret") })
	}()
	ended := recorder.Ended()
	if len(ended) != 1 {
		t.Fatalf("%d spans", len(ended))
	}
	attrs := attribute.NewSet(ended[0].Attributes()...)
	if s := ended[0].Status(); s.Code != codes.Error || s.Description != "panic" || value(attrs, "error.type") != "panic" {
		t.Errorf("status %+v, attributes %v", s, ended[0].Attributes())
	}
}

// A span has its operation's own name. Its attribute is the name under which the
// operation is counted.
func TestSpanOfOverflow(t *testing.T) {
	tr, recorder := tracer(t)
	m, reader := start(t, metrics.WithTracer(tr), metrics.WithMaxOperations(1))
	m.Start(t.Context(), "first").Stop()
	m.Start(t.Context(), "second").Stop()
	span := recorder.Ended()[1]
	if attrs := attribute.NewSet(span.Attributes()...); span.Name() != "second" || value(attrs, "operation.name") != "_other" {
		t.Errorf("span %q, %v", span.Name(), span.Attributes())
	}
	if counts(t, reader)[point{"_other", ""}] != 1 {
		t.Errorf("histogram %v", counts(t, reader))
	}
}

func TestSpanOfErrorThatIsNotUTF8(t *testing.T) {
	tr, recorder := tracer(t)
	m, _ := start(t, metrics.WithTracer(tr))
	m.Start(t.Context(), "parse").StopErr(errors.New("a\xffb"))
	if s := recorder.Ended()[0].Status(); s.Description != "a?b" {
		t.Errorf("status %+v", s)
	}
}

func TestSpanOfPanickingError(t *testing.T) {
	tr, recorder := tracer(t)
	m, _ := start(t, metrics.WithTracer(tr))
	m.Start(t.Context(), "parse").StopErr((*pointerError)(nil)) // its Error method panics
	if s := recorder.Ended()[0].Status(); s.Code != codes.Error {
		t.Errorf("status %+v", s)
	}
}
