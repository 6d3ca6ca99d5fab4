package asynclog

import (
	"context"
	"log/slog"
	"os"
	"runtime"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/embedded"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/internal/nosigpipe"
)

// Exit shuts the pipeline down and ends the process with the status, as [os.Exit] does:
// deferred functions do not run. Call it instead of os.Exit, which would lose the queued
// records. It takes at most five seconds. Lost records are reported to otel.Handle.
func (p *Pipeline) Exit(code int) {
	nosigpipe.Ignore()
	if err := p.Shutdown(context.Background()); err != nil {
		otel.Handle(err)
	}
	os.Exit(code)
}

// Fatal logs the message with severity FATAL, and with the attributes of args as
// [slog.Logger.Log] reads them. Then it ends the process with status 1
// ([Pipeline.Exit]). If the pipeline is disabled or has been shut down, the message goes
// to slog's default logger.
func (p *Pipeline) Fatal(msg string, args ...any) {
	nosigpipe.Ignore()
	var pcs [1]uintptr
	runtime.Callers(2, pcs[:]) // skip runtime.Callers and Fatal
	r := slog.NewRecord(time.Now(), envconfig.LevelFatal, msg, pcs[0])
	r.Add(args...)
	var handler slog.Handler
	if p != nil && p.fatal != nil && !p.shutdown.begun() {
		handler = p.fatal
	} else {
		handler = slog.Default().Handler()
	}
	ctx := context.Background()
	if handler.Enabled(ctx, r.Level) {
		_ = handler.Handle(ctx, r) // the process ends, so nobody can use the error
	}
	p.Exit(1)
}

// newFatalHandler returns the handler of [Pipeline.Fatal].
func newFatalHandler(provider log.LoggerProvider, opts []bridge.Option) slog.Handler {
	return bridge.NewHandler(scopeName, append(opts, bridge.WithLoggerProvider(fatalProvider{next: provider}))...)
}

// fatalProvider sets the severity text FATAL on its records. slog has no such level, and
// calls it ERROR+4.
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
