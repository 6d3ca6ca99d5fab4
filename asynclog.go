package asynclog

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/internal/contexts"
	"github.com/krunchwrapper/asynclog/metrics"
	"github.com/krunchwrapper/asynclog/processor"
)

// scopeName is the instrumentation scope of what the pipeline logs on the
// program's behalf ([Pipeline.Fatal], panics in [Run]), and of its spans.
const scopeName = "github.com/krunchwrapper/asynclog"

// Pipeline carries the log records of a process from the log call to the exporter.
// [Start] makes it, [Pipeline.Shutdown] ends it.
//
// Its methods are safe for concurrent use. They may be called on a nil Pipeline and on
// the zero value, where they do nothing and what they return does nothing, so a program
// need not check whether it has one.
type Pipeline struct {
	// Set by Start, not changed afterwards. Each is nil in the zero value; those
	// of a disabled pipeline are in newDisabled.
	provider  *sdklog.LoggerProvider
	processor *processor.Processor
	phases    *bridge.PhaseLogger
	monitor   *metrics.Monitor
	fatal     slog.Handler    // logs with severity FATAL
	restore   func()          // ends the installation; nil: there is none
	disabled  bool            // by OTEL_SDK_DISABLED
	unused    sdklog.Exporter // given to a disabled pipeline, which shuts it down

	level  slog.LevelVar
	health health
	ending ending
}

// Start starts the log pipeline of the process, and directs all logging to it: slog,
// the log package and OpenTelemetry's global LoggerProvider ([bridge.Install]).
// Without options it needs no server and no configuration: it writes to standard
// output, and is tuned by the environment and a file (package envconfig).
//
//	p, err := asynclog.Start(ctx)
//	if err != nil {
//		return err
//	}
//	defer p.Shutdown(ctx)
//
// The pipeline ends with [Pipeline.Shutdown], not with ctx. The context is used during
// the start only, for the detectors of the resource.
//
// A process has one pipeline that all logging goes to. While it runs, another Start
// returns [ErrStarted]; after its Shutdown there may be another. With [WithoutInstall]
// there may be any number of further ones.
//
// An error is also returned for a mistake in the configuration or in an option; it
// names all of them. When Start fails everything is as it was, and an exporter given to
// it remains the caller's. A mistake in the environment is reported to otel.Handle and
// is no error, as OpenTelemetry's specification asks for.
//
// If the environment variable OTEL_SDK_DISABLED is true, Start returns a Pipeline
// that does nothing: nothing is installed, read or begun, and every method can be
// called. See
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
func Start(ctx context.Context, opts ...Option) (*Pipeline, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	o := newOptions(opts)
	if sdkDisabled() {
		return newDisabled(&o), nil
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	cfg, err := o.configuration()
	if err != nil {
		return nil, err
	}

	p := &Pipeline{}
	if !o.withoutInstall {
		if err := claim(p); err != nil {
			return nil, err
		}
	}
	started := false
	defer func() {
		if !started { // a provider or detector of the caller's has panicked
			_ = p.Shutdown(ctx)
		}
	}()
	if err := p.build(ctx, &o, &cfg); err != nil {
		return nil, err
	}
	if !o.withoutInstall {
		p.install(&o)
	}
	started = true
	return p, nil
}

// build makes the parts, from the exporter up.
func (p *Pipeline) build(ctx context.Context, o *options, cfg *envconfig.Config) error {
	exporter := o.exporter
	if exporter == nil {
		var err error
		if exporter, err = newOutput(o.output); err != nil {
			return err
		}
	}
	res := o.describe(ctx)
	var err error
	if p.monitor, err = metrics.NewMonitor(o.monitorOptions()...); err != nil {
		otel.Handle(err) // a nil Monitor may be used; to log is more important than to time
	}

	p.level.Set(cfg.Level)
	p.processor = processor.New(exporter, o.processorOptions(cfg, &p.level)...)
	p.provider = sdklog.NewLoggerProvider(o.providerOptions(res, p.processor)...)
	p.phases = bridge.NewPhaseLogger(p.provider, o.phaseOptions(cfg.Verbose, p.processor)...)
	p.fatal = newFatalHandler(p.provider, o.handlerOptions(&p.level))
	return nil
}

func (p *Pipeline) install(o *options) {
	p.restore = bridge.Install(p.provider, o.handlerOptions(&p.level)...)
}

// LoggerProvider returns the provider of the pipeline's loggers, for OpenTelemetry's
// Logs API and for the bridges of other logging libraries. It is never nil. Do not shut
// it down: [Pipeline.Shutdown] does, and counts what the provider would not.
func (p *Pipeline) LoggerProvider() *sdklog.LoggerProvider {
	if p == nil || p.provider == nil {
		return noProvider()
	}
	return p.provider
}

// PhaseLogger returns the logger of phases, which emits to the pipeline. It is never
// nil. KRUNCHWRAPPER_VERBOSE or the configuration decides whether it logs, and later
// [Pipeline.SetVerbose].
func (p *Pipeline) PhaseLogger() *bridge.PhaseLogger {
	if p == nil || p.phases == nil {
		return noPhases()
	}
	return p.phases
}

// Monitor returns the monitor that times operations. In a disabled pipeline it is nil,
// and a nil Monitor may be used: it times nothing.
func (p *Pipeline) Monitor() *metrics.Monitor {
	if p == nil {
		return nil
	}
	return p.monitor
}

// Statistics returns the ledger, which says where every record is or has ended,
// and the figures of the monitor. It may be called at any time, also after
// Shutdown.
func (p *Pipeline) Statistics() metrics.Statistics {
	if p == nil || p.processor == nil {
		return metrics.Statistics{}
	}
	return metrics.Statistics{
		AsyncLogging:          p.processor.Stats(),
		PerformanceMonitoring: p.monitor.Stats(),
	}
}

// Disabled tells whether OTEL_SDK_DISABLED keeps the pipeline from doing anything.
func (p *Pipeline) Disabled() bool { return p != nil && p.disabled }

// ForceFlush exports every record whose log call has returned, and waits for that until
// the context ends. It returns the errors of the exports. After Shutdown it does
// nothing.
func (p *Pipeline) ForceFlush(ctx context.Context) error {
	if p == nil || p.provider == nil {
		return nil
	}
	return p.provider.ForceFlush(contexts.OrBackground(ctx))
}
