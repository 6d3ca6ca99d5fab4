package metrics_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/krunchwrapper/asynclog/internal/version"
	"github.com/krunchwrapper/asynclog/metrics"
)

func TestHistogram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, reader := start(t)
		run(t, m, "parse", 3*time.Microsecond)
		run(t, m, "parse", 70*time.Millisecond)
		timer := m.Start(t.Context(), "parse")
		time.Sleep(20 * time.Second)
		if d := timer.StopErr(fs.ErrNotExist); d != 20*time.Second {
			t.Errorf("StopErr = %v", d)
		}

		bounds := []float64{
			1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4,
			1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, .1, .25, .5, 1, 2.5, 5, 10,
		}
		buckets := func(values ...float64) []uint64 {
			counts := make([]uint64, len(bounds)+1)
			for _, v := range values {
				i, _ := slices.BinarySearch(bounds, v)
				counts[i]++
			}
			return counts
		}
		sum := func(a, b float64) float64 { return a + b } // rounded, unlike constants
		want := metricdata.ScopeMetrics{
			Scope: instrumentation.Scope{Name: "github.com/krunchwrapper/asynclog/metrics", Version: version.Module, SchemaURL: semconv.SchemaURL},
			Metrics: []metricdata.Metrics{{
				Name:        "asynclog.operation.duration",
				Description: "How long an operation took.",
				Unit:        "s",
				Data: metricdata.Histogram[float64]{
					Temporality: metricdata.CumulativeTemporality,
					DataPoints: []metricdata.HistogramDataPoint[float64]{{
						Attributes:   attribute.NewSet(attribute.String("operation.name", "parse")),
						Count:        2,
						Bounds:       bounds,
						BucketCounts: buckets(3e-6, .07),
						Min:          metricdata.NewExtrema(3e-6),
						Max:          metricdata.NewExtrema(.07),
						Sum:          sum(3e-6, .07),
					}, {
						Attributes: attribute.NewSet(
							attribute.String("operation.name", "parse"), attribute.String("error.type", "*errors.errorString")),
						Count:        1,
						Bounds:       bounds,
						BucketCounts: buckets(20),
						Min:          metricdata.NewExtrema(20.),
						Max:          metricdata.NewExtrema(20.),
						Sum:          20,
					}},
				},
			}},
		}
		metricdatatest.AssertEqual(t, want, collect(t, reader), metricdatatest.IgnoreTimestamp())
	})
}

func TestExponentialHistogramByView(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithView(sdkmetric.NewView(
		sdkmetric.Instrument{Name: metrics.DurationName},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}},
	)))
	m, err := metrics.NewMonitor(metrics.WithMeterProvider(provider))
	if err != nil {
		t.Fatal(err)
	}
	m.Start(t.Context(), "parse").Stop()
	h, ok := collect(t, reader).Metrics[0].Data.(metricdata.ExponentialHistogram[float64])
	if !ok || h.DataPoints[0].Count != 1 {
		t.Errorf("%+v", collect(t, reader))
	}
}

var globalDelegated bool

func TestGlobalProviderInstalledLater(t *testing.T) {
	if globalDelegated {
		t.Skip("the global provider delegates once a process: not with -count")
	}
	globalDelegated = true
	m, err := metrics.NewMonitor(metrics.WithMeterProvider(nil))
	if err != nil {
		t.Fatal(err)
	}
	m.Start(t.Context(), "early").Stop()

	reader := sdkmetric.NewManualReader()
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	m.Start(t.Context(), "late").Stop()
	if got, want := counts(t, reader), map[point]uint64{{"late", ""}: 1}; !maps.Equal(got, want) {
		t.Errorf("histogram %v, want %v", got, want)
	}
	if got := len(m.Stats()); got != 2 {
		t.Errorf("statistics of %d operations, want 2", got)
	}
}

type brokenProvider struct{ noop.MeterProvider }

type brokenMeter struct{ noop.Meter }

var errBroken = errors.New("broken")

func (brokenProvider) Meter(string, ...metric.MeterOption) metric.Meter { return brokenMeter{} }

func (brokenMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return nil, errBroken
}

func TestNewMonitorError(t *testing.T) {
	m, err := metrics.NewMonitor(metrics.WithMeterProvider(brokenProvider{}))
	if !errors.Is(err, errBroken) || !strings.HasPrefix(err.Error(), "asynclog: ") {
		t.Errorf("error %v", err)
	}
	if m != nil {
		t.Error("NewMonitor returned a monitor with the error")
	}
}

func TestNilMonitor(t *testing.T) {
	type key struct{}
	var m *metrics.Monitor
	ctx := context.WithValue(t.Context(), key{}, true)
	timer := m.Start(ctx, "parse")
	if timer.Context() != ctx {
		t.Error("Context is not the one given")
	}
	if timer.Stop() != 0 || timer.StopErr(errBroken) != 0 {
		t.Error("a nil monitor timed something")
	}
	if err := m.Time(ctx, "parse", func(context.Context) error { return errBroken }); !errors.Is(err, errBroken) {
		t.Errorf("Time = %v", err)
	}
	m.Reset()
	if s := m.Stats(); s == nil || len(s) != 0 {
		t.Errorf("Stats = %v", s)
	}
}

func TestZeroTimerAndNilContext(t *testing.T) {
	var zero metrics.Timer
	if zero.Stop() != 0 || zero.StopErr(errBroken) != 0 || zero.Context() == nil {
		t.Error("the zero Timer is not usable")
	}
	m, reader := start(t, nil)     // a nil option, too
	timer := m.Start(nil, "parse") //nolint:staticcheck // a careless caller may pass nil
	if timer.Context() == nil {
		t.Error("Context is nil")
	}
	timer.Stop()
	if got := counts(t, reader)[point{"parse", ""}]; got != 1 {
		t.Errorf("recorded %d, want 1", got)
	}
}

func TestTime(t *testing.T) {
	for _, c := range []struct {
		name      string
		f         func(context.Context) error
		err       error
		errorType string
		panics    any
	}{
		{name: "success", f: func(context.Context) error { return nil }},
		{name: "failure", f: func(context.Context) error { return errBroken }, err: errBroken, errorType: "*errors.errorString"},
		{name: "panic", f: func(context.Context) error { panic("ouch") }, errorType: "panic", panics: "ouch"},
		{name: "panic error", f: func(context.Context) error { panic(errBroken) }, errorType: "panic", panics: errBroken},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, reader := start(t)
			func() {
				defer func() {
					if got := recover(); got != c.panics {
						t.Errorf("recovered %v, want %v", got, c.panics)
					}
				}()
				if err := m.Time(t.Context(), "parse", c.f); !errors.Is(err, c.err) {
					t.Errorf("Time = %v, want %v", err, c.err)
				}
			}()
			if got, want := counts(t, reader), map[point]uint64{{"parse", c.errorType}: 1}; !maps.Equal(got, want) {
				t.Errorf("histogram %v, want %v", got, want)
			}
			failures := uint64(0)
			if c.errorType != "" {
				failures = 1
			}
			if s := m.Stats()["parse"]; s.Count != 1 || s.Failures != failures {
				t.Errorf("statistics %+v", s)
			}
		})
	}
}

func TestTimeGoexit(t *testing.T) {
	m, reader := start(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = m.Time(context.Background(), "parse", func(context.Context) error {
			runtime.Goexit()
			return nil
		})
	}()
	<-done
	if got, want := counts(t, reader), map[point]uint64{{"parse", "panic"}: 1}; !maps.Equal(got, want) {
		t.Errorf("histogram %v, want %v", got, want)
	}
}
