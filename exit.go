package asynclog

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/embedded"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/envconfig"
)

// Exit shuts the pipeline down and ends the process with the status, as [os.Exit] does:
// deferred functions are not run. Call it instead of os.Exit, which would lose what is
// queued. It takes five seconds at most; what is lost is reported to otel.Handle.
func (p *Pipeline) Exit(code int) {
	ignoreBrokenPipes()
	if err := p.Shutdown(context.Background()); err != nil {
		otel.Handle(err)
	}
	os.Exit(code)
}

// Fatal logs the message with severity FATAL, with attributes as [slog.Logger.Log]
// takes them, and ends the process with status 1 ([Pipeline.Exit]). If the pipeline is
// disabled or has been shut down, the message goes to the default logger of slog.
func (p *Pipeline) Fatal(msg string, args ...any) {
	ignoreBrokenPipes()
	var pcs [1]uintptr
	runtime.Callers(2, pcs[:]) // of runtime.Callers and Fatal
	r := slog.NewRecord(time.Now(), envconfig.LevelFatal, msg, pcs[0])
	r.Add(args...)
	var handler slog.Handler
	if p != nil && p.fatal != nil && !p.ending.begun() {
		handler = p.fatal
	} else {
		handler = slog.Default().Handler()
	}
	ctx := context.Background()
	if handler.Enabled(ctx, r.Level) {
		_ = handler.Handle(ctx, r) // there is nobody to tell
	}
	p.Exit(1)
}

// ignoreBrokenPipes sees to it that a process which ends does so with its own status,
// and not by a signal, when there is nobody to read what it says last. Only what ends
// may do that: it is a setting of the whole process.
func ignoreBrokenPipes() { signal.Ignore(syscall.SIGPIPE) }

// newFatalHandler returns the handler of [Pipeline.Fatal].
func newFatalHandler(provider log.LoggerProvider, opts []bridge.Option) slog.Handler {
	return bridge.NewHandler(scopeName, append(opts, bridge.WithLoggerProvider(fatalProvider{next: provider}))...)
}

// fatalProvider gives its records the severity text FATAL: slog, which has no such
// level, calls it ERROR+4.
type fatalProvider struct {
	embedded.LoggerProvider

	next log.LoggerProvider
}

func (p fatalProvider) Logger(name string, opts ...log.LoggerOption) log.Logger {
	return fatalLogger{Logger: p.next.Logger(name, opts...)}
}

type fatalLogger struct{ log.Logger }

func (l fatalLogger) Emit(ctx context.Context, r log.Record) {
	r.SetSeverityText("FATAL")
	l.Logger.Emit(ctx, r)
}
