package asynclog_test

import (
	"os"
	"strings"
	"testing"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// TestStartRefusesNilPointers: a nil pointer in an interface is not a nil interface. It
// would fail or panic at the first record, far from the mistake.
func TestStartRefusesNilPointers(t *testing.T) {
	var (
		exporter  *exportertest.Exporter
		file      *os.File
		processor *sdklog.BatchProcessor
		meters    *sdkmetric.MeterProvider
		tracers   *sdktrace.TracerProvider
	)
	for want, opt := range map[string]asynclog.Option{
		"WithExporter: the exporter is a nil *exportertest.Exporter":      asynclog.WithExporter(exporter),
		"WithOutput: the writer is a nil *os.File":                        asynclog.WithOutput(file),
		"WithProcessor: the processor is a nil *log.BatchProcessor":       asynclog.WithProcessor(processor),
		"WithMeterProvider: the provider is a nil *metric.MeterProvider":  asynclog.WithMeterProvider(meters),
		"WithTracerProvider: the provider is a nil *trace.TracerProvider": asynclog.WithTracerProvider(tracers),
	} {
		before := loggingNow()
		p, err := asynclog.Start(t.Context(), asynclog.WithoutInstall(), opt)
		if p != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Start returned %v, %v, want nil and %q", p, err, want)
		}
		if p != nil {
			_ = p.Shutdown(t.Context())
		}
		before.wantNow(t)
	}
}

// discard is a writer that is not a pointer.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func TestStartAcceptsValues(t *testing.T) {
	p, err := asynclog.Start(t.Context(), asynclog.WithoutInstall(), asynclog.WithOutput(discard{}))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
