package metrics_test

import (
	"context"
	"testing"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/krunchwrapper/asynclog/metrics"
)

// start returns a monitor and the reader of its histogram.
func start(t *testing.T, opts ...metrics.Option) (*metrics.Monitor, *sdkmetric.ManualReader) {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithCardinalityLimit(0))
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	m, err := metrics.NewMonitor(append([]metrics.Option{metrics.WithMeterProvider(provider)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return m, reader
}

// collect returns the monitor's metrics, none if nothing was recorded.
func collect(t *testing.T, reader *sdkmetric.ManualReader) metricdata.ScopeMetrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	switch len(all.ScopeMetrics) {
	case 0:
		return metricdata.ScopeMetrics{}
	case 1:
		return all.ScopeMetrics[0]
	default:
		t.Fatalf("metrics of %d scopes, want one", len(all.ScopeMetrics))
		panic("unreachable")
	}
}

// point is a series of the histogram.
type point struct{ operation, errorType string }

// points returns the histogram's series.
func points(t *testing.T, reader *sdkmetric.ManualReader) map[point]metricdata.HistogramDataPoint[float64] {
	t.Helper()
	found := make(map[point]metricdata.HistogramDataPoint[float64])
	for _, m := range collect(t, reader).Metrics {
		h, ok := m.Data.(metricdata.Histogram[float64])
		if !ok || m.Name != metrics.DurationName {
			t.Fatalf("metric %s of type %T", m.Name, m.Data)
		}
		for i := range h.DataPoints {
			p := &h.DataPoints[i]
			found[point{value(p.Attributes, "operation.name"), value(p.Attributes, "error.type")}] = *p
		}
	}
	return found
}

// counts returns how many durations each series has.
func counts(t *testing.T, reader *sdkmetric.ManualReader) map[point]uint64 {
	t.Helper()
	n := make(map[point]uint64)
	for k, p := range points(t, reader) {
		n[k] = p.Count
	}
	return n
}

func value(attrs attribute.Set, key attribute.Key) string {
	v, _ := attrs.Value(key)
	return v.AsString()
}

// run times one operation of a duration; call it in a synctest bubble.
func run(t *testing.T, m *metrics.Monitor, operation string, d time.Duration) {
	t.Helper()
	timer := m.Start(t.Context(), operation)
	time.Sleep(d)
	if got := timer.Stop(); got != d {
		t.Errorf("Stop of %q = %v, want %v", operation, got, d)
	}
}

// unsafeString is a string that shares its bytes.
func unsafeString(b []byte) string { return unsafe.String(&b[0], len(b)) }
