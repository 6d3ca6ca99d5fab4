package asynclog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/krunchwrapper/asynclog/internal/contexts"
)

var errNilFunc = errors.New("asynclog: Run: the function is nil")

// pipelineKey is the context key of the pipeline.
type pipelineKey struct{}

// FromContext returns the pipeline of [Run], from the context that Run gives its
// function or one derived from it. Without one it returns nil, which may be used like
// any Pipeline.
func FromContext(ctx context.Context) *Pipeline {
	if ctx == nil {
		return nil
	}
	p, _ := ctx.Value(pipelineKey{}).(*Pipeline)
	return p
}

// Run starts the pipeline ([Start]), calls f, and shuts the pipeline down, however f
// ends:
//
//	func main() {
//		if err := asynclog.Run(context.Background(), serve); err != nil {
//			log.Fatal(err)
//		}
//	}
//
// The context of f carries the pipeline ([FromContext]). It ends when the process
// receives SIGINT or SIGTERM; [context.Cause] names the signal. f should then return,
// and Run waits for it however long that takes. A second signal ends the process at
// once, as usual. A signal that is ignored when Run is called, as SIGINT is for a job
// in the background, remains ignored.
//
// Run returns the errors of f and of Shutdown, joined. Shutdown takes at most five
// seconds, see [Pipeline.Shutdown].
//
// A panic of f is logged with severity FATAL and the attributes exception.type,
// exception.message and exception.stacktrace. Then the pipeline is shut down, and the
// panic continues with its value. This holds for the goroutine of f only: a panic of
// another goroutine ends the process before anything can be done. runtime.Goexit, which
// testing's FailNow uses, is logged with severity ERROR, and also continues.
func Run(ctx context.Context, f func(context.Context) error, opts ...Option) (err error) {
	if f == nil {
		return errNilFunc
	}
	ctx = contexts.OrBackground(ctx)
	p, err := Start(ctx, opts...)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(context.WithValue(ctx, pipelineKey{}, p))
	defer stop() // last: until then a first signal must not cost records

	returned := false
	defer func() {
		if returned {
			err = joinShutdownError(err, p.Shutdown(context.WithoutCancel(ctx)))
			return
		}
		value := recover() // nil: runtime.Goexit
		// The panic must continue whatever an exporter or the error handler does.
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), fatalLogTimeout)
		stack := debug.Stack() // of the panic: this goroutine still has it
		inBackground(func() { p.logPanic(ctx, value, stack) }).wait(limit)
		cancel()
		limit, cancel = context.WithTimeout(context.WithoutCancel(ctx), exitTimeout)
		defer cancel()
		inBackground(func() { p.lastWords(limit) }).wait(limit)
		if value != nil {
			panic(value)
		}
	}()
	err = f(ctx)
	returned = true
	return err
}

// joinShutdownError joins the error of the function with that of Shutdown. The function
// may have called Shutdown itself and returned its error.
func joinShutdownError(err, shutdownErr error) error {
	switch {
	case shutdownErr == nil || errors.Is(err, shutdownErr):
		return err
	case err == nil:
		return shutdownErr
	default:
		return errors.Join(err, shutdownErr)
	}
}

// untilSignal returns a context that ends with the first signal that asks the process
// to end. After that those signals have their usual effect again.
//
// Unlike with signal.NotifyContext, the end of the parent does not count as the first
// signal: a signal that arrives while the process is already ending must not cut that
// short.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	stopped := make(chan struct{})
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(fmt.Errorf("asynclog: received the signal %q", s))
		case <-stopped:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(stopped)
		cancel(nil)
	}
}

// logPanic logs that a function did not return: it panicked with the value, or called
// runtime.Goexit if the value is nil.
func (p *Pipeline) logPanic(ctx context.Context, value any, stack []byte) {
	defer func() { _ = recover() }() // a panic of the value's own methods must not replace the first one
	now := time.Now()
	var r log.Record
	r.SetTimestamp(now)
	r.SetObservedTimestamp(now)
	if value == nil {
		r.SetSeverity(log.SeverityError)
		r.SetSeverityText("ERROR")
		r.SetBody(attribute.StringValue("the goroutine was ended by runtime.Goexit"))
	} else {
		message := fmt.Sprint(value)
		r.SetSeverity(log.SeverityFatal)
		r.SetSeverityText("FATAL")
		r.SetBody(attribute.StringValue("panic: " + message))
		r.AddAttributes(
			semconv.ExceptionType(exceptionType(value)),
			semconv.ExceptionMessage(message),
			semconv.ExceptionStacktrace(string(stack)),
		)
	}
	p.LoggerProvider().Logger(scopeName).Emit(ctx, r)
}

// exceptionType returns the Go type of a panic's value. For errors it is the type that
// the SDK reports.
func exceptionType(value any) string {
	if err, ok := value.(error); ok {
		return semconv.ErrorType(err).Value.AsString()
	}
	return fmt.Sprintf("%T", value)
}
