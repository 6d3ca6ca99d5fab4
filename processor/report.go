package processor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
)

// errPanic marks errors that were panics of somebody else's code.
var errPanic = errors.New("panic")

const (
	reportBurst = 10               // errors reported at once
	reportEvery = 10 * time.Second // and after that, one in this time
)

// reporter passes the processor's errors on to otel.Handle. It does so on a
// goroutine of its own: the default handler is log.Print, which may lead back
// into this very processor, and no handler may hold a worker or a caller. What
// exceeds the rate is counted, and the count is told with the next error.
type reporter struct {
	mu         sync.Mutex
	pending    []reported // at most reportBurst
	pace       bucket
	suppressed int
	running    chan struct{} // closed when the goroutine ends; nil: there is none
}

// reported is an error, and how many others were left out before it.
type reported struct {
	err     error
	leftOut int
}

func (r *reporter) report(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pace.burst, r.pace.every = reportBurst, reportEvery
	if len(r.pending) == reportBurst || !r.pace.take(time.Now()) {
		r.suppressed++
		return
	}
	r.pending = append(r.pending, reported{err: err, leftOut: r.suppressed})
	r.suppressed = 0
	if r.running == nil {
		r.running = make(chan struct{})
		go r.run(r.running)
	}
}

func (r *reporter) run(done chan struct{}) {
	finished := false
	defer func() {
		if finished {
			close(done)
		} else { // the handler ended the goroutine (runtime.Goexit)
			go r.run(done)
		}
	}()
	for {
		r.mu.Lock()
		if len(r.pending) == 0 {
			r.running = nil
			r.mu.Unlock()
			finished = true
			return
		}
		next := r.pending[0]
		r.pending = r.pending[1:]
		r.mu.Unlock()
		next.handle()
	}
}

func (r reported) handle() {
	defer func() { _ = recover() }() // a handler's panic has no one left to be told to
	err := r.err
	if r.leftOut > 0 {
		err = fmt.Errorf("%w (and %d more errors since the last report)", err, r.leftOut)
	}
	otel.Handle(err)
}

// finish waits until all is reported, as far as the context and the handler let
// it.
func (r *reporter) finish(ctx context.Context) {
	r.mu.Lock()
	done := r.running
	r.mu.Unlock()
	if done == nil {
		return
	}
	awaitBriefly(ctx, done)
}
