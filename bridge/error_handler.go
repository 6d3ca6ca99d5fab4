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

// errorHandler is the ErrorHandler of OpenTelemetry while there are installations,
// unless the program has set its own. OpenTelemetry's default handler prints errors
// with the log package, so they would come back into the pipeline that caused them.
// Some components report on a goroutine that holds the log package's mutex, and
// printing there would be a deadlock.
//
// OpenTelemetry's default handler delegates to the first handler that is ever set,
// for ever. So there is one errorHandler for the whole process. Without an
// installation it does what the default handler did.
type errorHandler struct {
	logger   atomic.Pointer[stdlog.Logger] // nil: the log package
	previous otel.ErrorHandler             // nil: not installed; guarded by installations.mu
}

var _ otel.ErrorHandler = (*errorHandler)(nil)

// Handle writes the error to the writer that the log package had before the
// first of the installations, in the format it had.
func (e *errorHandler) Handle(err error) {
	if l := e.logger.Load(); l != nil {
		l.Print(err)
		return
	}
	stdlog.Print(err)
}

// install sets e as the global ErrorHandler if the current one is OpenTelemetry's
// default, which is recognised by its type.
func (e *errorHandler) install(w io.Writer, format stdState) {
	e.logger.Store(stdlog.New(w, format.prefix, format.flags))
	if h := otel.GetErrorHandler(); hasType(h, otelPath+"/internal/errorhandler", "ErrDelegator") {
		e.previous = h
		otel.SetErrorHandler(e)
	}
}

// uninstall sets the previous handler, unless the program has set another one.
func (e *errorHandler) uninstall() {
	if e.previous != nil && otel.GetErrorHandler() == otel.ErrorHandler(e) {
		otel.SetErrorHandler(e.previous)
	}
	e.previous = nil
	e.logger.Store(nil)
}

// plainOutput returns a writer for text that must not come back into the pipeline.
// It is the output of the log package, or standard error if slog.SetDefault has
// directed the log package to a handler that is known to emit to OpenTelemetry.
// Writing to a closed pipe does not end the process, as it would with package os.
func plainOutput(stdOutput io.Writer, slogDefault slog.Handler) io.Writer {
	if hasType(stdOutput, "log/slog", "handlerWriter") {
		switch slogDefault.(type) {
		case *otelslog.Handler, *handler, *switchHandler:
			return nosigpipe.Writer(os.Stderr)
		}
	}
	return nosigpipe.Writer(stdOutput)
}
