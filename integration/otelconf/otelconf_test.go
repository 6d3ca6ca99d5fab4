package otelconf_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/otelconf"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// The file names no processor, because the program adds its own. It must still have a
// logger_provider: without one otelconf makes no provider, whatever the options.
const file = `
file_format: "1.0"
resource:
  attributes:
    - name: service.name
      value: shop
logger_provider:
  limits:
    attribute_count_limit: 2
  processors: []
meter_provider:
  readers: []
`

// newSDK returns the SDK that otelconf makes from a file, and the processor in it. The
// processor's ledger must balance at the end of the test.
func newSDK(t *testing.T, file string, e sdklog.Exporter, opts ...otelconf.ConfigurationOption) (otelconf.SDK, *processor.Processor) {
	t.Helper()
	c, err := otelconf.ParseYAML([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	p := processor.New(e)
	t.Cleanup(func() {
		_ = p.Shutdown(context.Background()) // unless the SDK has done so
		if s := p.Stats(); !s.Balanced() || s.Queued != 0 || s.InFlight != 0 {
			t.Errorf("the ledger does not balance: %+v", s)
		}
	})
	sdk, err := otelconf.NewSDK(append(opts,
		otelconf.WithOpenTelemetryConfiguration(*c),
		otelconf.WithLoggerProviderOptions(
			sdklog.WithProcessor(bridge.NewLogProcessor()),
			sdklog.WithProcessor(p), // last: it gets the finished record
		))...)
	if err != nil {
		t.Fatal(err)
	}
	return sdk, p
}

func TestProcessorOfADeclarativeConfiguration(t *testing.T) {
	exporter := exportertest.New()
	sdk, p := newSDK(t, file, exporter)
	restore := bridge.Install(sdk.LoggerProvider())
	ctx := bridge.ContextWithCorrelationID(t.Context(), "c-1")
	slog.WarnContext(ctx, "nearly empty", "left", 3)
	restore()
	if err := sdk.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	records := exporter.Records()
	if len(records) != 1 || exporter.Shutdowns() != 1 {
		t.Fatalf("records: %d, shutdowns of the exporter: %d", len(records), exporter.Shutdowns())
	}
	r := &records[0]
	attrs := map[attribute.Key]string{}
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		attrs[kv.Key] = kv.Value.String()
		return true
	})
	if r.Severity() != log.SeverityWarn || r.Body().AsString() != "nearly empty" || attrs["left"] != "3" || attrs["correlation.id"] != "c-1" {
		t.Errorf("%v %q %v", r.Severity(), r.Body().AsString(), attrs)
	}
	if name, _ := r.Resource().Set().Value("service.name"); name.AsString() != "shop" {
		t.Errorf("resource %v", r.Resource())
	}
	if s := p.Stats(); s.Emitted != 1 || s.Exported != 1 {
		t.Errorf("ledger %+v", s)
	}
}

// The limits in the file apply to the records that the processor gets.
func TestLimitsOfADeclarativeConfiguration(t *testing.T) {
	exporter := exportertest.New()
	sdk, _ := newSDK(t, file, exporter)
	logger := slog.New(bridge.NewHandler("test", bridge.WithLoggerProvider(sdk.LoggerProvider())))
	logger.Info("many", "a", 1, "b", 2, "c", 3)
	if err := sdk.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := exporter.Records()[0]; r.AttributesLen() != 2 || r.DroppedAttributes() != 1 {
		t.Errorf("attributes: %d, dropped: %d", r.AttributesLen(), r.DroppedAttributes())
	}
}

// The processor is made before the SDK and reports to the global MeterProvider, which
// delegates to the SDK's once that is set.
func TestMetricsOfADeclarativeConfiguration(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	sdk, _ := newSDK(t, file, exportertest.New(), otelconf.WithMeterProviderOptions(sdkmetric.WithReader(reader)))
	before := otel.GetMeterProvider()
	otel.SetMeterProvider(sdk.MeterProvider())
	t.Cleanup(func() { otel.SetMeterProvider(before) })

	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			found[m.Name] = true
		}
	}
	if !found["otel.sdk.processor.log.queue.capacity"] {
		t.Errorf("metrics %v", found)
	}
	if err := sdk.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A program that shuts down with a short timeout gets the losses in otelconf's error.
func TestShutdownOfADeclarativeConfiguration(t *testing.T) {
	exporter := exportertest.New()
	defer exporter.Block()()
	sdk, _ := newSDK(t, file, exporter)
	slog.New(bridge.NewHandler("test", bridge.WithLoggerProvider(sdk.LoggerProvider()))).Info("lost")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := sdk.Shutdown(ctx)
	if err == nil {
		t.Fatal("Shutdown returned no error")
	}
	lost, ok := errors.AsType[*processor.ShutdownError](err)
	if !ok || lost.Total() != 1 {
		t.Errorf("error %v", err)
	}
}

// Options alone do not make a provider.
func TestDeclarativeConfigurationWithoutLoggerProvider(t *testing.T) {
	sdk, p := newSDK(t, "file_format: \"1.0\"\n", exportertest.New())
	slog.New(bridge.NewHandler("test", bridge.WithLoggerProvider(sdk.LoggerProvider()))).Error("nowhere")
	if err := sdk.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := p.Stats(); s.Emitted != 0 {
		t.Errorf("records: %d; otelconf has changed, so update its documentation here", s.Emitted)
	}
}
