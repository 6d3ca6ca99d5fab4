package bridge

import (
	"io"
	stdlog "log"
	"log/slog"
	"os"
	"sync/atomic"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog/internal/nosigpipe"
)

// errorSwitch is the ErrorHandler of OpenTelemetry while there are installations
// and nobody has set another. OpenTelemetry's own prints errors with the log
// package, from where they would come back into the pipeline that has them, and
// some components report on the goroutine that holds the log package's mutex,
// which is a dead-lock.
//
// OpenTelemetry's default handler leads to the first handler that is ever set, for
// ever. So there is one for the whole process, which goes on to do what the
// default one did when there is no installation.
type errorSwitch struct {
	to    atomic.Pointer[stdlog.Logger] // nil: the log package
	found otel.ErrorHandler             // nil: not diverted; guarded by installations.mu
}

var _ otel.ErrorHandler = (*errorSwitch)(nil)

// Handle writes the error to the writer that the log package had before the
// first of the installations, in the format it had.
func (e *errorSwitch) Handle(err error) {
	if l := e.to.Load(); l != nil {
		l.Print(err)
		return
	}
	stdlog.Print(err)
}

// errorHandleFunc is the name of [errorSwitch.Handle] on the stack.
const errorHandleFunc = pkgPath + ".(*errorSwitch).Handle"

// divert sets e as the global ErrorHandler, unless there is one that is not
// OpenTelemetry's default, which is recognised by its type.
func (e *errorSwitch) divert(w io.Writer, format stdState) {
	e.to.Store(stdlog.New(w, format.prefix, format.flags))
	if h := otel.GetErrorHandler(); hasType(h, otelPath+"/internal/errorhandler", "ErrDelegator") {
		e.found = h
		otel.SetErrorHandler(e)
	}
}

// undivert puts the handler back that was found, unless somebody has set another.
func (e *errorSwitch) undivert() {
	if e.found != nil && otel.GetErrorHandler() == otel.ErrorHandler(e) {
		otel.SetErrorHandler(e.found)
	}
	e.found = nil
	e.to.Store(nil)
}

// plainOutput returns where to write what must not come back into the pipeline:
// the output of the log package, unless slog.SetDefault has routed it to a handler
// that is known to emit to OpenTelemetry. If nobody reads there any more that is no
// reason to end the process, as package os does.
func plainOutput(stdOutput io.Writer, slogDefault slog.Handler) io.Writer {
	if hasType(stdOutput, "log/slog", "handlerWriter") {
		switch slogDefault.(type) {
		case *otelslog.Handler, *handler, *switchHandler:
			return nosigpipe.Writer(os.Stderr)
		}
	}
	return nosigpipe.Writer(stdOutput)
}
