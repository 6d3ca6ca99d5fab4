package asynclog

import (
	"log/slog"
	"os"
	"reflect"
	"slices"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/internal/outlive"
	"github.com/krunchwrapper/asynclog/metrics"
	"github.com/krunchwrapper/asynclog/processor"
)

// What each part of the pipeline is made with: the pipeline's own defaults first,
// then the options, which may overrule them, and last what must not be overruled.

func (o *options) processorOptions(cfg *envconfig.Config, level slog.Leveler) []processor.Option {
	return slices.Concat(
		cfg.ProcessorOptions(),
		[]processor.Option{
			processor.WithMeterProvider(o.meterProvider),
			processor.WithOverflow(processor.DropLowest),
			processor.WithGapRecords(true),
			processor.WithFallback(outlive.Writer(os.Stderr)),
		},
		o.processor,
		[]processor.Option{processor.WithMinSeverity(minimum{level})},
	)
}

// minimum is the lowest severity that the processor takes. It follows the level.
type minimum struct{ slog.Leveler }

func (m minimum) Severity() log.Severity { return envconfig.Severity(m.Level()) }

// providerOptions has the processor that queues records after those that change
// them.
func (o *options) providerOptions(res *resource.Resource, p *processor.Processor) []sdklog.LoggerProviderOption {
	opts := []sdklog.LoggerProviderOption{
		sdklog.WithResource(res),
		sdklog.WithProcessor(bridge.NewLogProcessor(o.bridge...)),
	}
	for _, more := range o.processors {
		opts = append(opts, sdklog.WithProcessor(more))
	}
	return append(opts, sdklog.WithProcessor(p))
}

func (o *options) phaseOptions(p *processor.Processor) []bridge.Option {
	return slices.Concat(
		[]bridge.Option{
			bridge.WithExportNow(p.ExportNow),
			bridge.WithSynchronousWriter(outlive.Writer(os.Stderr)),
		},
		o.bridge,
	)
}

func (o *options) handlerOptions(level slog.Leveler) []bridge.Option {
	return append(slices.Clip(o.bridge), bridge.WithLevel(level))
}

func (o *options) monitorOptions() []metrics.Option {
	opts := []metrics.Option{metrics.WithMeterProvider(o.meterProvider)}
	if tracers := o.tracers(); tracers != nil {
		opts = append(opts, metrics.WithTracer(tracers.Tracer(scopeName)))
	}
	return append(opts, o.metrics...)
}

// tracers returns the provider whose spans operations become; nil: they become none.
// The one that OpenTelemetry has while nobody has set one is no use, and costs each
// timer more than all the rest.
func (o *options) tracers() trace.TracerProvider {
	if o.tracerProvider != nil {
		return o.tracerProvider
	}
	tracers := otel.GetTracerProvider()
	if t := reflect.TypeOf(tracers); t.Kind() == reflect.Pointer && t.Elem().PkgPath() == "go.opentelemetry.io/otel/internal/global" {
		return nil
	}
	return tracers
}
