package asynclog

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/contexts"
	"github.com/krunchwrapper/asynclog/metrics"
	"github.com/krunchwrapper/asynclog/processor"
)

// scopeName is the instrumentation scope of the records that the pipeline logs for the
// program ([Pipeline.Fatal], panics in [Run]), and of its spans.
const scopeName = "github.com/krunchwrapper/asynclog"

// Pipeline carries the log records of a process from the log call to the exporter.
// [Start] makes it, [Pipeline.Shutdown] ends it.
//
// Its methods are safe for concurrent use. They may also be called on a nil Pipeline and
// on the zero value. There they do nothing, and what they return does nothing, so a
// program need not check whether it has a pipeline.
type Pipeline struct {
	// Set by Start, not changed afterwards. Each is nil in the zero value; newDisabled
	// sets those of a disabled pipeline.
	provider  *sdklog.LoggerProvider
	processor *processor.Processor
	phases    *bridge.PhaseLogger
	monitor   *metrics.Monitor
	fatal     slog.Handler    // logs with severity FATAL
	uninstall func()          // undoes the installation; nil: not installed
	disabled  bool            // by OTEL_SDK_DISABLED
	unused    sdklog.Exporter // the exporter of a disabled pipeline, for Shutdown

	level    slog.LevelVar
	health   health
	shutdown shutdownState
	// exiting is closed when the first call of Exit has reported the error of Shutdown;
	// nil: no call of Exit has such an error to report.
	exiting atomic.Pointer[chan struct{}]
}

// health is what Healthy remembers from one call to the next.
type health struct {
	mu            sync.Mutex
	fullSince     time.Time // zero: the queue was not full
	exports       uint64    // the number of exports at the last change
	exportChanged time.Time // when that number was first seen
	failingSince  time.Time // zero: not all exporters were failing
	successes     uint64    // the number of successful exports then
}

// shutdownState is the one shutdown of a pipeline.
type shutdownState struct {
	mu   sync.Mutex
	done chan struct{} // nil: not begun; closed once err is set
	err  error         // written before done is closed
}

// LoggerProvider returns the provider of the pipeline's loggers, for OpenTelemetry's
// Logs API and for the bridges of other logging libraries. It is never nil. Do not shut
// it down: [Pipeline.Shutdown] does, and counts the records that the provider would not
// count.
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

// Monitor returns the monitor that times operations. In a disabled pipeline it is nil.
// A nil Monitor may be used: it times nothing.
func (p *Pipeline) Monitor() *metrics.Monitor {
	if p == nil {
		return nil
	}
	return p.monitor
}

// Statistics returns the ledger, which has the current or final state of every record,
// and the statistics of the monitor. It may be called at any time, also after Shutdown.
func (p *Pipeline) Statistics() metrics.Statistics {
	if p == nil || p.processor == nil {
		return metrics.Statistics{}
	}
	return metrics.Statistics{
		AsyncLogging:          p.processor.Stats(),
		PerformanceMonitoring: p.monitor.Stats(),
	}
}

// Disabled reports whether OTEL_SDK_DISABLED keeps the pipeline from doing anything.
func (p *Pipeline) Disabled() bool { return p != nil && p.disabled }

// ForceFlush exports every record whose log call has returned. It waits for these
// exports until the context ends, and returns their errors. After Shutdown it does
// nothing.
func (p *Pipeline) ForceFlush(ctx context.Context) error {
	if p == nil || p.provider == nil {
		return nil
	}
	return bounded(contexts.OrBackground(ctx), p.provider.ForceFlush)
}

// noProvider returns the provider of pipelines that do nothing. Without processors
// its loggers are not enabled.
var noProvider = sync.OnceValue(func() *sdklog.LoggerProvider {
	return sdklog.NewLoggerProvider(sdklog.WithResource(resource.Empty()))
})

// noPhases returns the phase logger of pipelines that were never started.
var noPhases = sync.OnceValue(newNoPhases)

func newNoPhases() *bridge.PhaseLogger {
	return bridge.NewPhaseLogger(noProvider(), bridge.WithSynchronousPhases())
}

// ErrStarted is the error of [Start] while another pipeline receives all logging of the
// process.
var ErrStarted = errors.New("asynclog: already started: all logging goes to the running pipeline; " +
	"call its Shutdown before the next Start, or use WithoutInstall for a pipeline that is not for all logging")

// installed is the pipeline that receives all logging of the process.
var installed struct {
	mu sync.Mutex
	p  *Pipeline // nil: none
}

// claim makes p the installed pipeline, before anything is built. It returns
// [ErrStarted] if there is another one.
func claim(p *Pipeline) error {
	installed.mu.Lock()
	defer installed.mu.Unlock()
	if installed.p != nil {
		return ErrStarted
	}
	installed.p = p
	return nil
}

// release undoes claim. It does nothing if p is not the installed pipeline.
func release(p *Pipeline) {
	installed.mu.Lock()
	defer installed.mu.Unlock()
	if installed.p == p {
		installed.p = nil
	}
}
