package asynclog

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/internal/lineexporter"
	"github.com/krunchwrapper/asynclog/internal/nosigpipe"
	"github.com/krunchwrapper/asynclog/internal/severity"
	"github.com/krunchwrapper/asynclog/metrics"
	"github.com/krunchwrapper/asynclog/processor"
)

// build makes the components of the pipeline, the exporter first.
func (p *Pipeline) build(res *resource.Resource, o *options, cfg *envconfig.Config) {
	exporter := o.exporter
	if exporter == nil {
		exporter = newOutput(o.output)
	}
	var err error
	if p.monitor, err = metrics.NewMonitor(o.monitorOptions()...); err != nil {
		otel.Handle(err) // a nil Monitor may be used; logging is more important than timing
	}

	p.level.Set(cfg.Level)
	p.processor = processor.New(exporter, o.processorOptions(cfg, &p.level)...)
	p.provider = sdklog.NewLoggerProvider(o.providerOptions(res, p.processor)...)
	p.phases = bridge.NewPhaseLogger(p.provider, o.phaseOptions(p.processor)...)
	p.phases.SetVerbose(cfg.Verbose)
	p.fatal = newFatalHandler(p.provider, o.handlerOptions(&p.level))
}

func (p *Pipeline) install(o *options) {
	p.uninstall = bridge.Install(p.provider, o.handlerOptions(&p.level)...)
}

// The following methods return the options of each component. The pipeline's own
// defaults come first, then the caller's options, which override them, and last what
// the caller must not override.

func (o *options) processorOptions(cfg *envconfig.Config, level slog.Leveler) []processor.Option {
	return slices.Concat(
		cfg.ProcessorOptions(),
		[]processor.Option{
			processor.WithMeterProvider(o.meterProvider),
			processor.WithOverflow(processor.DropLowest),
			processor.WithGapRecords(true),
			processor.WithFallback(nosigpipe.Writer(os.Stderr)),
		},
		o.processor,
		[]processor.Option{processor.WithMinSeverity(minSeverity{level})},
	)
}

// minSeverity is the lowest severity that the processor accepts. It follows the level.
type minSeverity struct{ slog.Leveler }

func (m minSeverity) Severity() log.Severity { return severity.FromLevel(m.Level()) }

// providerOptions puts the processor that queues records after those that change
// records.
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
			bridge.WithSynchronousWriter(nosigpipe.Writer(os.Stderr)),
		},
		o.bridge,
	)
}

func (o *options) handlerOptions(level slog.Leveler) []bridge.Option {
	return append(slices.Clip(o.bridge), bridge.WithLevel(level))
}

func (o *options) monitorOptions() []metrics.Option {
	opts := []metrics.Option{metrics.WithMeterProvider(o.meterProvider)}
	if tp := o.traceProvider(); tp != nil {
		opts = append(opts, metrics.WithTracer(tp.Tracer(scopeName)))
	}
	return append(opts, o.metrics...)
}

// traceProvider returns the provider of the spans that operations become, or nil if
// operations do not become spans. It does not return the provider that OpenTelemetry
// has until a program sets one: that provider makes no spans, and costs each timer nine
// allocations.
func (o *options) traceProvider() trace.TracerProvider {
	if o.tracerProvider != nil {
		return o.tracerProvider
	}
	tp := otel.GetTracerProvider()
	if isInitialTracerProvider(tp) && !makesSpans(tp) {
		return nil
	}
	return tp
}

// initialTracerProvider is the global provider before main: OpenTelemetry's placeholder,
// unless an init function has already set another one.
var initialTracerProvider = otel.GetTracerProvider()

// isInitialTracerProvider compares pointers only: a provider of another kind need not be
// comparable, and is not the placeholder.
func isInitialTracerProvider(tp trace.TracerProvider) bool {
	return reflect.ValueOf(tp).Kind() == reflect.Pointer && tp == initialTracerProvider
}

// makesSpans reports whether the spans of a provider have IDs of their own. Without an
// SDK a span has the context of its parent, as OpenTelemetry's specification requires:
// https://opentelemetry.io/docs/specs/otel/trace/api/#behavior-of-the-api-in-the-absence-of-an-installed-sdk.
//
// The span of this test reaches no backend: its parent is not sampled, and it is never
// ended.
func makesSpans(tp trace.TracerProvider) bool {
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, Remote: true})
	ctx := trace.ContextWithSpanContext(context.Background(), parent)
	_, span := tp.Tracer(scopeName).Start(ctx, "asynclog.probe")
	return span.SpanContext().SpanID() != parent.SpanID()
}

// newOutput returns the exporter of a pipeline that was given none. It writes to w, or to
// standard output if w is nil.
func newOutput(w io.Writer) sdklog.Exporter {
	if w == nil {
		w = os.Stdout
	}
	return lineexporter.New(nosigpipe.Writer(w))
}

// newResource returns the resource of all records, merged from the weakest source to
// the strongest. An attribute that cannot be detected is left out, and the error goes
// to otel.Handle: a program must not fail because its host has no name.
//
// Some detectors are left out on purpose: the command line and the owner may be secret,
// and the random value of service.instance.id would make new streams in a backend at
// each start.
func (o *options) newResource(ctx context.Context) *resource.Resource {
	detected, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithHost(),
		resource.WithProcessPID(),
		resource.WithProcessRuntimeName(),
		resource.WithProcessRuntimeVersion(),
		resource.WithAttributes(semconv.ServiceName(cmp.Or(o.serviceName, unknownService()))),
	)
	if err != nil {
		otel.Handle(fmt.Errorf("asynclog: %w", err))
	}
	detected = mergeResources(detected, environmentResource(ctx))
	if o.resource == nil {
		return detected
	}
	if o.resource.SchemaURL() != "" {
		// Two versions of the semantic conventions conflict, and the merged resource
		// would have no schema URL.
		detected = resource.NewSchemaless(detected.Attributes()...)
	}
	return mergeResources(detected, o.resource)
}

// environmentResource returns the attributes of OTEL_SERVICE_NAME and
// OTEL_RESOURCE_ATTRIBUTES. It does not report an invalid part of them: the SDK's provider
// reads the variable, too, and does.
func environmentResource(ctx context.Context) *resource.Resource {
	r, _ := resource.New(ctx, resource.WithFromEnv())
	return r
}

// mergeResources returns the attributes of both resources. Where they differ, the
// stronger one wins.
func mergeResources(weaker, stronger *resource.Resource) *resource.Resource {
	merged, err := resource.Merge(weaker, stronger)
	if err != nil {
		otel.Handle(fmt.Errorf("asynclog: %w", err))
	}
	return merged
}

// unknownService returns the service name that OpenTelemetry requires if none is set:
// https://opentelemetry.io/docs/specs/semconv/resource/#service.
func unknownService() string {
	path, err := os.Executable()
	if err != nil {
		return "unknown_service:go"
	}
	return "unknown_service:" + filepath.Base(path)
}
