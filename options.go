package asynclog

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/metrics"
	"github.com/krunchwrapper/asynclog/processor"
)

// Option configures [Start] and [Run]. Options are applied in order. The last one that
// sets a value wins; options that add to a list add.
type Option interface {
	apply(options) options
}

type optionFunc func(options) options

func (f optionFunc) apply(o options) options { return f(o) }

// options are the values that the options set. In the zero value nothing is set.
type options struct {
	exporter      sdklog.Exporter
	exporterGiven bool
	output        io.Writer // nil: standard output

	serviceName string
	resource    *resource.Resource

	meterProvider  metric.MeterProvider // nil: the global one
	tracerProvider trace.TracerProvider // nil: the global one

	config        *envconfig.Config // nil: call envconfig.Load
	configOptions []envconfig.Option

	processors []sdklog.Processor
	processor  []processor.Option
	bridge     []bridge.Option
	metrics    []metrics.Option

	withoutInstall bool
}

func newOptions(opts []Option) options {
	var o options
	for _, opt := range opts {
		if opt != nil {
			o = opt.apply(o)
		}
	}
	return o
}

var (
	errNilExporter = errors.New("asynclog: WithExporter: the exporter is nil")
	errTwoConfigs  = errors.New("asynclog: WithConfig and WithConfigOptions exclude each other: " +
		"the first is a whole configuration, the second has options for loading one")
)

// check returns the mistakes in the options, joined.
func (o *options) check() error {
	var errs []error
	if o.exporterGiven && o.exporter == nil {
		errs = append(errs, errNilExporter)
	}
	if o.config != nil && o.configOptions != nil {
		errs = append(errs, errTwoConfigs)
	}
	errs = append(errs, o.checkNilPointers())
	return errors.Join(errs...)
}

// checkNilPointers returns an error for each value that is a nil pointer in an
// interface. Such an interface is not nil, so the mistake would show only at its first
// use, on another goroutine or at the end of the program.
func (o *options) checkNilPointers() error {
	errs := []error{
		checkNilPointer("WithExporter: the exporter", o.exporter),
		checkNilPointer("WithOutput: the writer", o.output),
		checkNilPointer("WithMeterProvider: the provider", o.meterProvider),
		checkNilPointer("WithTracerProvider: the provider", o.tracerProvider),
	}
	for _, p := range o.processors {
		errs = append(errs, checkNilPointer("WithProcessor: the processor", p))
	}
	return errors.Join(errs...)
}

func checkNilPointer(what string, v any) error {
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
		return fmt.Errorf("asynclog: %s is a nil %T", what, v)
	}
	return nil
}

func (o *options) configuration() (envconfig.Config, error) {
	if o.config != nil {
		return *o.config, nil
	}
	cfg, err := envconfig.Load(o.configOptions...)
	if err != nil {
		return cfg, fmt.Errorf("asynclog: the configuration is not valid: %w", err)
	}
	return cfg, nil
}

// WithExporter sets where records go. To share the work between several exporters, add
// processor.WithExporters with [WithProcessorOptions]. [Pipeline.Shutdown] shuts the
// exporter down, even if OTEL_SDK_DISABLED has kept it from being used. If Start fails,
// the caller still owns the exporter.
//
// Default: an exporter that writes to standard output, see [WithOutput]. A nil exporter
// is an error of Start.
func WithExporter(e sdklog.Exporter) Option {
	return optionFunc(func(o options) options {
		o.exporter, o.exporterGiven = e, true
		return o
	})
}

// WithOutput sets where the default exporter writes. It writes each record as one line
// of JSON, in the form of OpenTelemetry's stdoutlog exporter, with one call of Write.
// Write is not called concurrently. The writer is not closed. WithOutput has no effect
// together with [WithExporter].
//
// Default, and with nil: os.Stdout. If the writer is an [*os.File], writing to a pipe
// that nobody reads any more is an error like any other. It does not end the process,
// as SIGPIPE otherwise would for standard output and standard error.
func WithOutput(w io.Writer) Option {
	return optionFunc(func(o options) options {
		o.output = w
		return o
	})
}

// WithServiceName sets the resource's service.name if the environment does not.
// OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence, because operators may
// run a program under several names. Use [WithResource] for a name that the environment
// must not change.
//
// Default, and with "": "unknown_service:" followed by the name of the executable.
func WithServiceName(name string) Option {
	return optionFunc(func(o options) options {
		o.serviceName = name
		return o
	})
}

// WithResource adds attributes to the resource of all records. If several sources have
// the same attribute, the strongest source wins:
//
//	WithResource > OTEL_SERVICE_NAME > OTEL_RESOURCE_ATTRIBUTES > WithServiceName > detectors
//
// The detectors are those of the SDK for telemetry.sdk.*, host.name, process.pid,
// process.runtime.name and process.runtime.version. The schema URL of the given
// resource is used if it has one.
//
// Default, and with nil: nothing is added.
func WithResource(r *resource.Resource) Option {
	return optionFunc(func(o options) options {
		o.resource = r
		return o
	})
}

// WithMeterProvider sets where the metrics of the processor and the monitor go. The
// pipeline does not shut it down.
//
// Default, and with nil: the global MeterProvider.
func WithMeterProvider(mp metric.MeterProvider) Option {
	return optionFunc(func(o options) options {
		o.meterProvider = mp
		return o
	})
}

// WithTracerProvider sets the TracerProvider with which the monitor makes a span of
// each operation that it times ([metrics.WithTracer]). The pipeline does not shut it
// down. For the correlation ID on spans, register [bridge.NewSpanProcessor] with it.
//
// Default, and with nil: the global TracerProvider, if one has been set before Start.
// Otherwise operations do not become spans.
func WithTracerProvider(tp trace.TracerProvider) Option {
	return optionFunc(func(o options) options {
		o.tracerProvider = tp
		return o
	})
}

// WithConfig sets the whole configuration, so that none is loaded. The environment and
// the file have no effect, except for OTEL_SDK_DISABLED and the resource. Start from the
// Config that [envconfig.Load] returns and change it. In a Config of your own, a number
// or duration of zero stands for the default of package processor, and Async is false
// unless you set it, which means synchronous export.
//
// Default: the Config that envconfig.Load returns.
func WithConfig(cfg envconfig.Config) Option { //nolint:gocritic // once a process, and a plain value is what Load returns
	return optionFunc(func(o options) options {
		o.config = &cfg
		return o
	})
}

// WithConfigOptions adds options for [envconfig.Load], such as envconfig.WithFile or
// envconfig.WithLevel. Together with [WithConfig] it is an error of Start.
//
// Default: none.
func WithConfigOptions(opts ...envconfig.Option) Option {
	return optionFunc(func(o options) options {
		o.configOptions = append(slices.Clip(o.configOptions), opts...)
		return o
	})
}

// WithProcessor adds a processor that sees each record before it is queued, and may
// change it: to remove secrets, or to copy baggage. Processors are called in the order
// in which they are given, after the processor that adds the correlation ID. A processor
// that only changes records should return false from Enabled, because the SDK accepts a
// record if any of its processors is enabled. [Pipeline.Shutdown] shuts the processor
// down. A nil interface is ignored.
//
// Default: none.
func WithProcessor(p sdklog.Processor) Option {
	return optionFunc(func(o options) options {
		if p != nil {
			o.processors = append(slices.Clip(o.processors), p)
		}
		return o
	})
}

// WithProcessorOptions adds options of package processor, such as
// processor.WithExporters, WithOverflow, WithFallback and WithDropHook. They take
// precedence over the configuration. A size or duration of zero means the processor's
// own default, not that of the configuration. processor.WithMinSeverity has no effect:
// [Pipeline.SetLevel] decides the minimum severity.
//
// Default: none. Unlike package processor, the pipeline uses [processor.DropLowest] when
// the queue is full, and logs a gap record where records were lost
// ([processor.WithGapRecords]).
func WithProcessorOptions(opts ...processor.Option) Option {
	return optionFunc(func(o options) options {
		o.processor = append(slices.Clip(o.processor), opts...)
		return o
	})
}

// WithBridgeOptions adds options of package bridge: those of [bridge.Install], such
// as bridge.WithSource, of the phase logger, such as bridge.WithSynchronousPhases,
// and of correlation, bridge.WithCorrelationKey and bridge.WithBaggage. Give the
// latter to bridge.NewSpanProcessor, NewMiddleware and NewTransport, too. The level
// is that of [Pipeline.SetLevel]; bridge.WithLevel has no effect.
//
// Default: none.
func WithBridgeOptions(opts ...bridge.Option) Option {
	return optionFunc(func(o options) options {
		o.bridge = append(slices.Clip(o.bridge), opts...)
		return o
	})
}

// WithMonitorOptions adds options of package metrics, such as metrics.WithMaxOperations. They
// take precedence over [WithMeterProvider] and [WithTracerProvider].
//
// Default: none.
func WithMonitorOptions(opts ...metrics.Option) Option {
	return optionFunc(func(o options) options {
		o.metrics = append(slices.Clip(o.metrics), opts...)
		return o
	})
}

// WithoutInstall leaves slog, the log package and OpenTelemetry's global
// LoggerProvider alone. Only records logged with [Pipeline.LoggerProvider] and
// [Pipeline.PhaseLogger] go to the pipeline. Any number of such pipelines may run, in
// tests for instance, or for a separate audit log.
//
// Default: all logging of the process goes to the pipeline.
func WithoutInstall() Option {
	return optionFunc(func(o options) options {
		o.withoutInstall = true
		return o
	})
}
