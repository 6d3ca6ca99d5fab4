package asynclog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog/internal/contexts"
)

var errNilFunc = errors.New("asynclog: Run: the function is nil")

// pipelineKey is the key of the context value that has the pipeline.
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
// The context of f has the pipeline ([FromContext]), and ends when the process gets
// SIGINT or SIGTERM; [context.Cause] says which. f should then return, and Run waits
// for it however long that takes. A second signal ends the process at once, as usual. A
// signal that is ignored when Run is called, as SIGINT is for a job in the background,
// remains ignored.
//
// Run returns the errors of f and of Shutdown, joined. Shutdown has five seconds, see
// [Pipeline.Shutdown].
//
// A panic of f is logged with severity FATAL and the attributes exception.type,
// exception.message and exception.stacktrace; then the pipeline is shut down, and the
// panic goes on with its value. This holds for the goroutine of f only: a panic of
// another goroutine ends the process before anything can be done. runtime.Goexit, which
// testing's FailNow uses, is logged with severity ERROR, and goes on, too.
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
	defer stop() // last: until then a first signal is no reason to lose records

	returned := false
	defer func() {
		if returned {
			err = join(err, p.Shutdown(context.WithoutCancel(ctx)))
			return
		}
		value := recover() // nil: runtime.Goexit
		p.logEnd(ctx, value)
		if err := p.Shutdown(context.WithoutCancel(ctx)); err != nil {
			otel.Handle(err)
		}
		if value != nil {
			panic(value)
		}
	}()
	err = f(ctx)
	returned = true
	return err
}

// join joins the error of the function with that of Shutdown, which the function may
// have called itself, and returned.
func join(err, shutdownErr error) error {
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
// to end, after which those signals have their usual effect again.
//
// Unlike with signal.NotifyContext, the end of the parent does not count as the first:
// a signal that comes while the process is ending already shall not cut that short.
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
