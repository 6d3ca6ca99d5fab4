package asynclog

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/krunchwrapper/asynclog/internal/contexts"
)

const (
	// drainTime is how long Shutdown takes at most if its context has no deadline.
	drainTime = 5 * time.Second
	// settleTime is how long Shutdown waits for log calls that were in the middle
	// of it when admission was closed: an exporter that is called synchronously, and
	// does not heed its context, may hold them for ever.
	settleTime = 100 * time.Millisecond
)

// ending is the one shutdown of a pipeline.
type ending struct {
	mu   sync.Mutex
	done chan struct{} // nil: not begun; closed when err is there
	err  error
}

// Shutdown ends the pipeline: it puts the loggers back that were there before
// Start, takes no more records, exports what is queued, and shuts the exporters
// down. It takes no longer than until the context's deadline, and five seconds if
// there is none.
//
// If records were lost, the error is, or wraps, a [processor.ShutdownError], which says
// how many, of which severity and why. Records of severity ERROR and above that could
// be written to the fallback (standard error, unless an option says otherwise) do not
// count as lost.
//
// A context that was cancelled before the call and has no deadline is treated like one
// without a deadline: it is typically that of a program which was told to end, and says
// nothing about how long that may take. If the context is cancelled during the call, or
// its deadline is over, what is queued is lost.
//
// Only the first call does this. Others wait for it, until their context ends, and
// return the same error. Later log calls go where they would have gone without Start;
// what still reaches the pipeline while it drains is counted.
func (p *Pipeline) Shutdown(ctx context.Context) error {
	if p == nil {
		return nil
	}
	ctx, cancel := drainContext(ctx)
	defer cancel()
	done, first := p.ending.begin()
	if first {
		defer close(done)
		p.ending.err = p.shutDown(ctx)
		return p.ending.err
	}
	if !p.ending.await(ctx) {
		return ctx.Err()
	}
	return p.ending.err
}

// begin tells whether nobody has begun before.
func (e *ending) begin() (done chan struct{}, first bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done == nil {
		e.done = make(chan struct{})
		first = true
	}
	return e.done, first
}

// await waits for the end, and tells whether it has come. Who has the same deadline as
// the first caller is to hear what has become of the records, too.
func (e *ending) await(ctx context.Context) bool {
	select {
	case <-e.done:
		return true
	case <-ctx.Done():
	}
	grace := time.NewTimer(2 * settleTime)
	defer grace.Stop()
	select {
	case <-e.done:
		return true
	case <-grace.C:
		return false
	}
}

func (e *ending) begun() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.done != nil
}

func drainContext(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx = contexts.OrBackground(ctx)
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	if ctx.Err() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	return context.WithTimeout(ctx, drainTime)
}

// shutDown copes with a pipeline of which not all parts have been made.
//
// The processor comes before the provider: the provider first waits for calls of
// OnEmit that are under way, and if the context ends meanwhile it never calls the
// processor, whose records would be lost without a count.
func (p *Pipeline) shutDown(ctx context.Context) error {
	if p.restore != nil {
		p.restore()
	}
	release(p)
	var errs []error
	if p.unused != nil {
		errs = append(errs, p.unused.Shutdown(ctx))
	}
	if p.processor != nil {
		errs = append(errs, p.processor.Shutdown(ctx), p.shutDownProvider(ctx))
	}
	return errors.Join(errs...)
}

func (p *Pipeline) shutDownProvider(ctx context.Context) error {
	if p.provider == nil {
		return nil
	}
	left := settleTime
	if end, ok := ctx.Deadline(); ok && ctx.Err() == nil {
		left = max(left, time.Until(end))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), left)
	defer cancel()
	err := p.provider.Shutdown(ctx)
	if ctx.Err() != nil {
		return nil // a call that is held; the processor has settled its record
	}
	return err
}
