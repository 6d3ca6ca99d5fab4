package report

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog/internal/plural"
	"github.com/krunchwrapper/asynclog/processor/internal/ratelimit"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

const (
	// Burst is how many errors are reported at once.
	Burst = 10
	// Interval is the time between two reports after a burst.
	Interval = 10 * time.Second
)

// Reporter passes errors on to otel.Handle. It does so on a goroutine of its own,
// started on demand: the default handler is log.Print, which may lead back into the
// processor, and no handler may block a worker or a caller. Errors above the rate are
// counted, and the next report contains the count.
//
// The zero value is ready to use. Reporter is safe for concurrent use.
type Reporter struct {
	mu         sync.Mutex
	pending    []entry            // at most Burst
	limiter    *ratelimit.Limiter // nil: nothing was reported yet
	suppressed int
	running    chan struct{} // closed when the goroutine ends; nil: there is none
}

// entry is an error, and how many others were suppressed before it.
type entry struct {
	err        error
	suppressed int
}

// Report reports the error. It does nothing with a nil error.
func (r *Reporter) Report(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.limiter == nil {
		r.limiter = ratelimit.New(Burst, 1, Interval)
	}
	if len(r.pending) == Burst || !r.limiter.Allow(time.Now()) {
		r.suppressed++
		return
	}
	r.pending = append(r.pending, entry{err: err, suppressed: r.suppressed})
	r.suppressed = 0
	if r.running == nil {
		done := make(chan struct{})
		r.running = done
		go usercode.Run(func() {
			r.handlePending()
			close(done)
		})
	}
}

// handlePending handles errors until none is pending.
func (r *Reporter) handlePending() {
	for {
		r.mu.Lock()
		if len(r.pending) == 0 {
			r.running = nil
			r.mu.Unlock()
			return
		}
		next := r.pending[0]
		r.pending = r.pending[1:]
		r.mu.Unlock()
		next.handle()
	}
}

func (e entry) handle() {
	defer func() { _ = recover() }() // there is no one left to report a handler's panic to
	err := e.err
	if e.suppressed > 0 {
		err = fmt.Errorf("%w (and %s since the last report)", err, plural.Of(e.suppressed, "more error"))
	}
	otel.Handle(err)
}

// Finish waits until all pending errors are handled, for as long as
// [usercode.AwaitCallback] does.
func (r *Reporter) Finish(ctx context.Context) {
	r.mu.Lock()
	done := r.running
	r.mu.Unlock()
	if done != nil {
		usercode.AwaitCallback(ctx, done)
	}
}
