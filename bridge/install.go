package bridge

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
)

// Names of the instrumentation scopes: the packages through which the records
// came. Whose code called them is not known, see [WithSource].
const (
	slogScope = "log/slog"
	stdScope  = "log"
)

var errNoProvider = errors.New(
	"asynclog: Install: no LoggerProvider given that leads anywhere but back to Install; logging stays as it is")

// installation is one call of [Install].
type installation struct {
	config // immutable; provider is never nil

	handler slog.Handler // what slog loggers emit through
	std     log.Logger   // what the log package's lines are emitted to
	plain   io.Writer    // where to write what cannot be emitted

	// What was put where, and what was there. Guarded by installations.mu.
	slogDefault  place[*slog.Logger]
	stdOutput    place[stdState]
	otelProvider place[log.LoggerProvider]
}

// installations are those in effect.
type installations struct {
	// mu serialises Install and restore. What log calls need is read without it:
	// they hold the log package's mutex, which Install needs in turn.
	mu    sync.Mutex
	stack []*installation // in the order of Install; guarded by mu

	active atomic.Pointer[installation] // the last of the stack; nil: none

	errors errorSwitch

	// delegated tells that OpenTelemetry's own default provider leads to this
	// package, for ever. Guarded by mu.
	delegated bool
}

// process mirrors what a process has one of: a default slog logger, a standard
// log output, a global LoggerProvider and a global ErrorHandler.
var process installations

// Install directs all logging of the process to the provider: slog's default
// logger, the standard log package, and OpenTelemetry's global LoggerProvider,
// which is where the bridges of other logging libraries look. Loggers that were
// obtained earlier, during an earlier installation or before any, follow. The
// package documentation tells which calls reach the provider, and how.
//
// The function it returns puts back what was there. Installations may overlap:
// the latest is in effect, and each may be restored at any time, in any order;
// restoring one that is not the latest changes nothing else. What others have
// replaced in the meantime is theirs, and stays. The function may be called
// again, which does nothing. It does not flush or shut down the provider; call it
// before the provider's Shutdown, so that nothing is logged to a provider that no
// longer takes it.
//
// A provider of nil stands for the global LoggerProvider as it is at this time. If
// that leads nowhere, nothing is installed and otel.Handle is told.
//
// The options [WithLevel], [WithSource], [WithVersion], [WithSchemaURL],
// [WithAttributes], [WithStdLogLevel] and [WithFlush] apply.
//
// Install and what it returns are safe for concurrent use, with each other and
// with logging. They are not atomic with a slog.SetDefault, log.SetOutput,
// log.SetFlags or otel.SetLoggerProvider that runs at the same time. Do not call
// them from an exporter.
func Install(p log.LoggerProvider, opts ...Option) (restore func()) {
	c := newConfig(opts)
	i := process.install(p, c)
	if i == nil {
		otel.Handle(errNoProvider)
		return func() {}
	}
	return func() { process.remove(i) }
}

// install returns nil if p leads nowhere.
func (s *installations) install(p log.LoggerProvider, c config) *installation {
	c.provider = s.resolve(p)
	if c.provider == nil {
		return nil
	}
	if c.flush == nil {
		if f, ok := c.provider.(interface{ ForceFlush(context.Context) error }); ok {
			c.flush = f.ForceFlush
		}
	}
	i := &installation{
		config:  c,
		handler: newHandler(slogScope, c),
		std:     c.provider.Logger(stdScope, c.loggerOptions()...),
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	i.slogDefault.found = slog.Default()
	i.stdOutput.found = readStd()
	i.otelProvider.found = otel.GetLoggerProvider()
	h, w := i.slogDefault.found.Handler(), newStdWriter(i.stdOutput.found.writer)
	i.plain = plainOutput(w.found, h)
	i.slogDefault.own = slog.New(newSwitchHandler(h, w.found))
	i.stdOutput.own = stdState{writer: w, prefix: i.stdOutput.found.prefix}
	i.otelProvider.own = newSwitchProvider(i.otelProvider.found)

	// Everything is in working order before anybody can get hold of it.
	s.stack = append(s.stack, i)
	s.active.Store(i)
	if len(s.stack) == 1 {
		s.errors.divert(i.plain, i.stdOutput.found)
	}
	setSlogDefault(i.slogDefault.own)
	writeStd(i.stdOutput.own)
	s.delegated = s.delegated || isOTelDefault(i.otelProvider.found)
	otel.SetLoggerProvider(i.otelProvider.own)
	return i
}

// remove takes i out, if it is still in.
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
	s.active.Store(last)

	leave(s.stack, i, func(i *installation) *place[*slog.Logger] { return &i.slogDefault },
		sameLogger, slog.Default(), setSlogDefault)
	leave(s.stack, i, func(i *installation) *place[stdState] { return &i.stdOutput },
		sameWriter, readStd(), writeStd)
	leave(s.stack, i, func(i *installation) *place[log.LoggerProvider] { return &i.otelProvider },
		sameProvider, otel.GetLoggerProvider(), otel.SetLoggerProvider)
	if last == nil {
		s.errors.undivert()
	}
}

func (c config) loggerOptions() []log.LoggerOption {
	return []log.LoggerOption{
		log.WithInstrumentationVersion(c.version),
		log.WithSchemaURL(c.schemaURL),
		log.WithInstrumentationAttributes(c.attributes...),
	}
}
