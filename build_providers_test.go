package asynclog_test

import (
	"context"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/metrics"
)

// observed has providers, and what they received.
type observed struct {
	meters  metric.MeterProvider
	reader  *sdkmetric.ManualReader
	tracers trace.TracerProvider
	spans   *tracetest.SpanRecorder
}

func observe(t *testing.T) *observed {
	t.Helper()
	reader, spans := sdkmetric.NewManualReader(), tracetest.NewSpanRecorder()
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	t.Cleanup(func() { _, _ = meters.Shutdown(context.Background()), tracers.Shutdown(context.Background()) })
	return &observed{meters, reader, tracers, spans}
}

// metrics returns the names of the metrics. It fails if the provider was shut down.
func (o *observed) metrics(t *testing.T) map[string]bool {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := o.reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			names[m.Name] = true
		}
	}
	return names
}

// use starts a pipeline, logs and times one operation, and shuts the pipeline down.
func use(t *testing.T, opts ...asynclog.Option) {
	t.Helper()
	meters, tracers := otel.GetMeterProvider(), otel.GetTracerProvider()
	p, exporter := start(t, opts...)
	timer := p.Monitor().Start(t.Context(), "parse")
	slog.InfoContext(timer.Context(), "within")
	timer.Stop()
	if records := flushed(t, p, exporter); len(records) != 1 {
		t.Errorf("%d records", len(records))
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if otel.GetMeterProvider() != meters || otel.GetTracerProvider() != tracers {
		t.Error("a global provider has been replaced")
	}
}

func (o *observed) wantUsed(t *testing.T) {
	t.Helper()
	names := o.metrics(t)
	for _, name := range []string{metrics.DurationName, "otel.sdk.processor.log.processed", "asynclog.processor.queue.age"} {
		if !names[name] {
			t.Errorf("there is no metric %s among %v", name, names)
		}
	}
	spans := o.spans.Ended()
	if len(spans) != 1 || spans[0].Name() != "parse" {
		t.Errorf("spans %v", spans)
	}
	// The pipeline did not shut them down: they belong to the caller.
	_, span := o.tracers.Tracer("test").Start(t.Context(), "after")
	span.End()
	if n := len(o.spans.Ended()); n != 2 {
		t.Error("the tracer provider has been shut down")
	}
}

func TestGivenProviders(t *testing.T) {
	o := observe(t)
	use(t, asynclog.WithMeterProvider(o.meters), asynclog.WithTracerProvider(o.tracers))
	o.wantUsed(t)
}

func TestGlobalProviders(t *testing.T) {
	meters, tracers := otel.GetMeterProvider(), otel.GetTracerProvider()
	o := observe(t)
	otel.SetMeterProvider(o.meters)
	otel.SetTracerProvider(o.tracers)
	t.Cleanup(func() {
		otel.SetMeterProvider(meters)
		otel.SetTracerProvider(tracers)
	})
	use(t)
	o.wantUsed(t)
}

// TestTimerWithoutTracing: without a tracer provider a timer makes no span, and allocates
// nothing.
func TestTimerWithoutTracing(t *testing.T) {
	p, _ := start(t, asynclog.WithoutInstall())
	ctx := t.Context()
	if n := testing.AllocsPerRun(1000, func() { p.Monitor().Start(ctx, "parse").Stop() }); n > 0.5 {
		t.Errorf("%v allocations a timer", n)
	}
}
