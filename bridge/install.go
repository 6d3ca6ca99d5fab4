package bridge

import (
	"errors"
	"log/slog"
	"slices"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
)

// Names of the instrumentation scopes: the packages through which the records come.
// The package that called them is not known; see [WithSource].
const (
	slogScope = "log/slog"
	stdScope  = "log"
)

var errNoProvider = errors.New(
	"asynclog: Install: the LoggerProvider leads nowhere but back to Install; logging stays unchanged")

// Install directs all logging of the process to the provider: slog's default
// logger, the standard log package, and OpenTelemetry's global LoggerProvider,
// which the bridges of other logging libraries use. Loggers obtained earlier follow,
// whether during an earlier installation or before the first. The package
// documentation lists the calls that reach the provider, and how.
//
// The returned function restores the previous state. Installations may overlap: the
// latest is in effect, and each may be restored at any time, in any order. Restoring
// one that is not the latest changes nothing else. What the program has replaced in
// the meantime stays. Further calls of the function do nothing. It does not flush or
// shut down the provider; call it before the provider's Shutdown, so that nothing is
// logged to a provider that accepts nothing any more.
//
// Before log.Fatal ends the process, and before log.Panic panics, the provider is
// flushed: its method ForceFlush(context.Context) error is called, which the SDK's
// provider has. A provider without the method is not flushed. The context ends after
// five seconds, or after one for a panic, and the caller waits no longer than that. If
// the provider cannot be flushed in time, the line is also written to where the log
// package wrote before.
//
// A provider of nil stands for the global LoggerProvider at the time of the call. If
// that leads nowhere, nothing is installed and an error is reported to otel.Handle.
//
// The options [WithLevel], [WithSource], [WithLoggerOptions] and [WithStdLogLevel]
// apply.
//
// Install and the function it returns are safe for concurrent use, with each other
// and with logging. They are not atomic with a slog.SetDefault, log.SetOutput,
// log.SetFlags or otel.SetLoggerProvider that runs at the same time. Do not call
// them from an exporter.
func Install(p log.LoggerProvider, opts ...Option) (restore func()) {
	i := process.install(p, newConfig(opts))
	if i == nil {
		otel.Handle(errNoProvider)
		return func() {}
	}
	return func() { process.remove(i) }
}

// process has the installations of the process, which has one slog default, one
// standard log output, one global LoggerProvider and one global ErrorHandler.
var process installations

// installations are those not restored. The last of them is [active].
type installations struct {
	mu    sync.Mutex      // serialises install and remove
	stack []*installation // in the order of Install; guarded by mu

	errors errorHandler

	// delegated says that OpenTelemetry's own default provider leads to this package,
	// from then on for ever. Guarded by mu.
	delegated bool
}

// install returns nil if p leads nowhere.
func (s *installations) install(p log.LoggerProvider, c config) *installation {
	c.provider = s.resolve(p)
	if c.provider == nil {
		return nil
	}
	i := &installation{
		config:  c,
		handler: newHandler(slogScope, c),
		std:     c.provider.Logger(stdScope, c.loggerOptions...),
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	i.slogDefault.previous = slog.Default()
	i.stdOutput.previous = readStd()
	i.otelProvider.previous = otel.GetLoggerProvider()
	h, w := i.slogDefault.previous.Handler(), newStdWriter(i.stdOutput.previous.writer)
	i.plain = plainOutput(w.previous, h)
	i.slogDefault.installed = slog.New(newSwitchHandler(h, w.previous))
	i.stdOutput.installed = stdState{writer: w, prefix: i.stdOutput.previous.prefix}
	i.otelProvider.installed = newSwitchProvider(i.otelProvider.previous)

	// The installation is complete before any log call can reach it.
	s.stack = append(s.stack, i)
	active.Store(i)
	if len(s.stack) == 1 {
		s.errors.install(i.plain, i.stdOutput.previous)
	}
	setSlogDefault(i.slogDefault.installed)
	writeStd(i.stdOutput.installed)
	s.delegated = s.delegated || isOTelDefault(i.otelProvider.previous)
	otel.SetLoggerProvider(i.otelProvider.installed)
	return i
}

// remove takes i off the stack and restores the globals. It does nothing if i is not
// on the stack.
func (s *installations) remove(i *installation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.Index(s.stack, i)
	if at < 0 {
		return
	}
	s.stack = slices.Delete(s.stack, at, at+1)
	var last *installation
	if n := len(s.stack); n > 0 {
		last = s.stack[n-1]
	}
	active.Store(last)

	restoreGlobal(i, s.stack, func(i *installation) *global[*slog.Logger] { return &i.slogDefault },
		sameLogger, slog.Default(), setSlogDefault)
	restoreGlobal(i, s.stack, func(i *installation) *global[stdState] { return &i.stdOutput },
		sameWriter, readStd(), writeStd)
	restoreGlobal(i, s.stack, func(i *installation) *global[log.LoggerProvider] { return &i.otelProvider },
		sameProvider, otel.GetLoggerProvider(), otel.SetLoggerProvider)
	if last == nil {
		s.errors.uninstall()
	}
}

// resolve returns the provider that p stands for. It is never one of this package,
// because emitting to that would lead back to it. It returns nil if p leads nowhere
// else.
func (s *installations) resolve(p log.LoggerProvider) log.LoggerProvider {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p == nil {
		p = otel.GetLoggerProvider()
	}
	for {
		own, ok := p.(*switchProvider)
		if !ok {
			break
		}
		if i := active.Load(); i != nil {
			return i.provider
		}
		p = own.previous
	}
	if isOTelDefault(p) && (s.delegated || isOTelDefault(otel.GetLoggerProvider())) {
		return nil
	}
	return p
}
