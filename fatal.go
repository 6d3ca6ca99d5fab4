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

const (
	// exitTimeout bounds Exit. Shutdown gets what is not kept for the report of its error.
	exitTimeout       = 5 * time.Second
	exitReportTimeout = 500 * time.Millisecond
	// fatalLogTimeout bounds the log call of Fatal.
	fatalLogTimeout = 2 * time.Second
)

// Exit shuts the pipeline down and ends the process with the status, as [os.Exit] does:
// deferred functions do not run. Call it instead of os.Exit, which would lose the queued
// records. It takes at most five seconds, whatever an exporter, an error handler or
// standard error does. Lost records are reported to otel.Handle, once: an error handler
// may call Exit, too.
func (p *Pipeline) Exit(code int) {
	nosigpipe.Ignore()
	ctx, cancel := context.WithTimeout(context.Background(), exitTimeout)
	inBackground(func() { p.lastWords(ctx) }).wait(ctx)
	cancel()
	os.Exit(code)
}

// lastWords shuts the pipeline down and reports the error, unless another call of Exit
// does. That may be the one whose report led to this call.
func (p *Pipeline) lastWords(ctx context.Context) {
	end, _ := ctx.Deadline() // Exit has set one
	shutdownCtx, cancel := context.WithDeadline(ctx, end.Add(-exitReportTimeout))
	defer cancel()
	err := p.Shutdown(shutdownCtx)
	if err == nil {
		return
	}
	reported := make(chan struct{})
	if p.exiting.CompareAndSwap(nil, &reported) {
		defer close(reported)
		otel.Handle(err)
		return
	}
	short, cancelShort := context.WithTimeout(ctx, inFlightTimeout)
	defer cancelShort()
	select {
	case <-*p.exiting.Load():
	case <-short.Done():
	}
}

// Fatal logs the message with severity FATAL, and with the attributes of args as
// [slog.Logger.Log] reads them. Then it ends the process with status 1
// ([Pipeline.Exit]). If the pipeline is disabled or has been shut down, the message goes
// to slog's default logger. Fatal waits at most two seconds for the log call, so it takes
// at most seven.
func (p *Pipeline) Fatal(msg string, args ...any) {
	nosigpipe.Ignore()
	var pcs [1]uintptr
	runtime.Callers(2, pcs[:]) // skip runtime.Callers and Fatal
	ctx, cancel := context.WithTimeout(context.Background(), fatalLogTimeout)
	defer cancel()
	inBackground(func() { p.logFatal(pcs[0], msg, args) }).wait(ctx)
	p.Exit(1)
}

func (p *Pipeline) logFatal(pc uintptr, msg string, args []any) {
	r := slog.NewRecord(time.Now(), envconfig.LevelFatal, msg, pc)
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
