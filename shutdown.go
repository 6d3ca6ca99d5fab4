package asynclog

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/krunchwrapper/asynclog/internal/contexts"
)

const (
	// defaultShutdownTimeout bounds a Shutdown whose context has no deadline.
	defaultShutdownTimeout = 5 * time.Second
	// inFlightTimeout is how long Shutdown waits for log calls that were in progress
	// when admission was closed. An exporter that is called synchronously and ignores its
	// context may hold them for ever.
	inFlightTimeout = 100 * time.Millisecond
)

// Shutdown ends the pipeline: it restores the loggers that were there before Start,
// accepts no more records, exports the queued ones, and shuts the exporters down. It
// takes no longer than until the context's deadline, or five seconds if there is none.
//
// If records were lost, the error is, or wraps, a [processor.ShutdownError], which has
// their number, their severities and the reasons. Records of severity ERROR and above
// that were written to the fallback (standard error, unless an option says otherwise)
// do not count as lost.
//
// A context that was cancelled before the call and has no deadline is treated like one
// without a deadline: it is typically the context of a program that was asked to end,
// and does not limit how long that may take. If the context is cancelled during the
// call, or its deadline has passed, the queued records are lost.
//
// Only the first call does this. Other calls wait for it, until their context ends, and
// return the same error. Later log calls go where they would go without Start. Records
// that still reach the pipeline while it drains are counted.
func (p *Pipeline) Shutdown(ctx context.Context) error {
	if p == nil {
		return nil
	}
	ctx, cancel := shutdownContext(ctx)
	defer cancel()
	done, first := p.shutdown.begin()
	if first {
		defer close(done)
		p.shutdown.err = p.shutDown(ctx)
		return p.shutdown.err
	}
	if !p.shutdown.wait(ctx) {
		return ctx.Err()
	}
	return p.shutdown.err
}

// begin reports whether this is the first call.
func (s *shutdownState) begin() (done chan struct{}, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done == nil {
		s.done = make(chan struct{})
		first = true
	}
	return s.done, first
}

// wait waits for the end of the shutdown, and reports whether it has come. It waits a
// moment longer than the context: a caller with the same deadline as the first one
// should also learn what happened to the records.
func (s *shutdownState) wait(ctx context.Context) bool {
	select {
	case <-s.done:
		return true
	case <-ctx.Done():
	}
	extra := time.NewTimer(2 * inFlightTimeout)
	defer extra.Stop()
	select {
	case <-s.done:
		return true
	case <-extra.C:
		return false
	}
}

func (s *shutdownState) begun() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done != nil
}

func shutdownContext(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx = contexts.OrBackground(ctx)
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	if ctx.Err() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	return context.WithTimeout(ctx, defaultShutdownTimeout)
}

// shutDown also works for a pipeline that is only partly built.
//
// It shuts the processor down before the provider. The provider first waits for calls
// of OnEmit that are in progress. If the context ends during that wait, the provider
// never calls the processor, and the processor's records would be lost without a count.
//
// The loggers are restored meanwhile: that waits for the log package's lock, which a log
// call may hold for as long as an exporter takes, and so for what only the shutdown ends.
func (p *Pipeline) shutDown(ctx context.Context) error {
	var restoring *background
	if p.uninstall != nil {
		restoring = inBackground(p.uninstall)
		short, cancel := context.WithTimeout(context.Background(), inFlightTimeout)
		restoring.wait(short)
		cancel()
	}
	release(p)
	var errs []error
	if p.unused != nil {
		errs = append(errs, bounded(ctx, p.unused.Shutdown))
	}
	if p.processor != nil {
		errs = append(errs, p.processor.Shutdown(ctx), p.shutDownProvider(ctx))
	}
	if restoring != nil && !restoring.wait(ctx) {
		errs = append(errs, errNotRestored)
	}
	return errors.Join(errs...)
}

var errNotRestored = errors.New("asynclog: Shutdown: the loggers are not restored yet: " +
	"a log call that does not return holds the log package's lock")

func (p *Pipeline) shutDownProvider(ctx context.Context) error {
	if p.provider == nil {
		return nil
	}
	timeout := inFlightTimeout
	if end, ok := ctx.Deadline(); ok && ctx.Err() == nil {
		timeout = max(timeout, time.Until(end))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	err := bounded(ctx, p.provider.Shutdown)
	if ctx.Err() != nil {
		return nil // a log call is still in progress; the processor has counted its record
	}
	return err
}

// background is a call of other people's code, or of code that waits for other packages'
// locks, on a goroutine of its own. Such code may never return.
type background struct {
	done     chan struct{} // closed when the call has ended
	returned bool          // the call has neither panicked nor ended the goroutine; valid then
	panicked any           // the value of its panic; valid then
}

func inBackground(f func()) *background {
	c := &background{done: make(chan struct{})}
	go func() {
		defer close(c.done)
		defer func() {
			if !c.returned {
				c.panicked = recover()
			}
		}()
		f()
		c.returned = true
	}()
	return c
}

// wait waits for the end of the call until the context ends, and reports whether it has
// come.
func (c *background) wait(ctx context.Context) bool {
	select {
	case <-c.done:
		return true
	case <-ctx.Done():
	}
	select {
	case <-c.done: // both
		return true
	default:
		return false
	}
}

// propagate ends the caller as the call ended: with its panic or runtime.Goexit, if any.
func (c *background) propagate() {
	switch {
	case c.returned:
	case c.panicked != nil:
		panic(c.panicked)
	default:
		runtime.Goexit()
	}
}

// bounded calls f, and returns its error, or the context's if f does not return before
// the context ends.
func bounded(ctx context.Context, f func(context.Context) error) error {
	var err error
	c := inBackground(func() { err = f(ctx) })
	if !c.wait(ctx) {
		return ctx.Err()
	}
	if !c.returned {
		return errEnded
	}
	return err
}

var errEnded = errors.New("asynclog: a processor or exporter panicked, or called runtime.Goexit, when it was called to end or flush")
