package asynclog

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

func TestMakesSpans(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	for name, c := range map[string]struct {
		tp   trace.TracerProvider
		want bool
	}{
		"placeholder":    {initialTracerProvider, false},
		"no-op":          {noop.NewTracerProvider(), false},
		"default":        {sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)), true},
		"always sampled": {sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithSpanProcessor(recorder)), true},
		"never sampled":  {sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()), sdktrace.WithSpanProcessor(recorder)), true},
	} {
		if got := makesSpans(c.tp); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if n := len(recorder.Ended()); n != 0 {
		t.Errorf("%d spans would be exported, want none", n)
	}
}

// notComparable is a provider that would panic in a comparison with one of its own type.
type notComparable struct {
	noop.TracerProvider
	_ []string
}

func TestIsInitialTracerProvider(t *testing.T) {
	before := initialTracerProvider
	t.Cleanup(func() { initialTracerProvider = before })
	if !isInitialTracerProvider(before) || isInitialTracerProvider(sdktrace.NewTracerProvider()) {
		t.Error("the initial provider is not recognised, or another one is")
	}
	initialTracerProvider = notComparable{}
	if isInitialTracerProvider(notComparable{}) {
		t.Error("a value is taken for the initial provider")
	}
}

// TestTraceProviderOfAnInitFunction: the global provider from before main may be a real one.
func TestTraceProviderOfAnInitFunction(t *testing.T) {
	global, initial := otel.GetTracerProvider(), initialTracerProvider
	tp := sdktrace.NewTracerProvider()
	t.Cleanup(func() {
		otel.SetTracerProvider(global)
		initialTracerProvider = initial
		_ = tp.Shutdown(context.Background())
	})
	o := &options{}
	if got := o.traceProvider(); got != nil {
		t.Errorf("with the placeholder: %T, want none", got)
	}
	otel.SetTracerProvider(tp)
	initialTracerProvider = tp
	if got := o.traceProvider(); got != tp {
		t.Errorf("with a provider: %T, want that provider", got)
	}
}
