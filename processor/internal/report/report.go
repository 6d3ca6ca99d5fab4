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

// How many errors are looked at, which takes their text: readBurst at once, and then one
// each readInterval. Others are only counted.
const (
	readBurst    = 100
	readInterval = 10 * time.Millisecond
)

// Reporter passes errors on to otel.Handle. It does so on a goroutine of its own,
// started on demand: the default handler is log.Print, which may lead back into the
// processor, and no handler may block a worker or a caller.
//
// A text that was reported a moment ago is counted, and its next report contains the
// count. So does the next report of any text contain the number of other errors that were
// above the rate. That a file is a closed pipe is reported once.
//
// It keeps at most Burst errors, and [maxTexts] texts of at most [MaxText] bytes.
//
// The zero value is ready to use. Reporter is safe for concurrent use.
type Reporter struct {
	mu         sync.Mutex
	pending    []error            // at most Burst
	reads      *ratelimit.Limiter // nil: nothing was reported yet
	suppressed int
	running    chan struct{} // closed when the goroutine ends; nil: there is none

	// Of the goroutine.
	reports *ratelimit.Limiter
	repeats repeats
}

// Report reports the error. It does nothing with a nil error.
func (r *Reporter) Report(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reads == nil {
		r.reads = ratelimit.New(readBurst, 1, readInterval)
		r.reports = ratelimit.New(Burst, 1, Interval)
		r.repeats = repeats{}
	}
	if len(r.pending) == Burst || !r.reads.Allow(time.Now()) {
		r.suppressed++
		return
	}
	r.pending = append(r.pending, err)
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
			r.pending = nil
			r.running = nil
			r.mu.Unlock()
			return
		}
		next := r.pending[0]
		r.pending[0] = nil
		r.pending = r.pending[1:]
		r.mu.Unlock()
		r.handle(next)
	}
}

// handle passes an error on, or counts it.
func (r *Reporter) handle(err error) {
	defer func() { _ = recover() }() // there is no one left to report a handler's panic to
	text := Text(err)
	key := text
	file, closed := closedPipe(err)
	if closed {
		key = "closed pipe: " + file
	}
	now := time.Now()
	before, due := r.repeats.due(key, now)
	if !due {
		return
	}
	if !r.reports.Allow(now) {
		if before != nil {
			before.again++
		} else {
			r.suppress()
		}
		return
	}
	if before != nil && before.again > 0 {
		text += fmt.Sprintf(" (and %d more like it since the last report)", before.again)
	}
	if others := r.takeSuppressed(); others > 0 {
		text += fmt.Sprintf(" (and %s since the last report)", plural.Of(others, "more error"))
	}
	r.repeats.report(key, now, closed)
	otel.Handle(&line{text: text, err: err})
}

// suppress counts an error that is not reported.
func (r *Reporter) suppress() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.suppressed++
}

// takeSuppressed returns how many errors were not reported since the last call.
func (r *Reporter) takeSuppressed() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.suppressed
	r.suppressed = 0
	return n
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
