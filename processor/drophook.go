package processor

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// hookInterval is the shortest time between two deliveries while losses go on.
const hookInterval = 100 * time.Millisecond

// dropHook reports losses to the user's function, on a goroutine of its own that lives
// while there are losses to report. It reports what the ledger has gained since the last
// delivery, so in a flood of drops each costs the log path one atomic load.
type dropHook struct {
	f             func(Drop)
	ledger        *ledger
	syncDisplaced func() // brings the ledger up to date
	reportError   func(error)

	active    atomic.Bool   // the goroutine exists; written under mu
	skipPause chan struct{} // capacity 1: cuts a pause short

	// Owned by the goroutine; active hands them over to the next one.
	reported dropCounts
	last     time.Time // when the last delivery began

	mu       sync.Mutex
	finished bool          // Shutdown waits for the last delivery
	waiting  chan struct{} // closed after the next delivery that begins; nil: no one waits
}

func newDropHook(f func(Drop), l *ledger, syncDisplaced func(), reportError func(error)) *dropHook {
	return &dropHook{f: f, ledger: l, syncDisplaced: syncDisplaced, reportError: reportError, skipPause: make(chan struct{}, 1)}
}

// wake starts the goroutine after a drop, if there is none. It does nothing for a nil hook.
func (h *dropHook) wake() {
	if h == nil || h.active.Load() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.active.Load() {
		h.active.Store(true)
		go usercode.Run(h.run)
	}
}

// run delivers until there is nothing left to deliver. It is called again if the function
// ends the goroutine (runtime.Goexit).
func (h *dropHook) run() {
	for stopped := false; !stopped; {
		h.pause()
		h.last = time.Now()
		h.mu.Lock()
		waiting, finished := h.waiting, h.finished
		h.mu.Unlock()
		h.deliver()
		seen := h.reported.total()
		if finished {
			// A function that logs causes another loss now. That is not delivered before
			// there is a further one, or the deliveries would never end.
			now := h.ledger.dropCounts()
			seen = now.total()
		}
		stopped = h.tryStop(waiting, seen)
	}
}

// pause waits for the hookInterval to pass since the last delivery, unless Shutdown cuts it
// short.
func (h *dropHook) pause() {
	wait := hookInterval - time.Since(h.last)
	if h.last.IsZero() || wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.skipPause:
	}
}

// deliver reports what is new in the ledger.
func (h *dropHook) deliver() {
	h.syncDisplaced()
	now := h.ledger.dropCounts()
	for why := range now {
		for r, n := range now[why] {
			if n -= h.reported[why][r]; n > 0 {
				h.reported[why][r] += n // before the call, which may not return
				h.call(Drop{Reason: reasonNames[why], Severity: lowestOf(r), Count: n})
			}
		}
	}
}

func (h *dropHook) call(d Drop) {
	returned := false
	defer func() {
		if v := recover(); v != nil {
			h.reportError(usercode.PanicError("drop hook", v))
		} else if !returned {
			h.reportError(usercode.GoexitError("drop hook"))
		}
	}()
	h.f(d)
	returned = true
}

// tryStop ends a delivery, and releases the caller of finish that waits for it. It reports
// whether the goroutine may end: if no other caller waits by now, and there are no losses
// besides those seen.
func (h *dropHook) tryStop(waiting chan struct{}, seen uint64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting != waiting {
		return false
	}
	if waiting != nil {
		close(waiting)
		h.waiting = nil
	}
	h.active.Store(false)
	// A loss that was counted before the line above found the goroutine active, and is
	// left to it; one that is counted after the next line waits for the mutex.
	if now := h.ledger.dropCounts(); now.total() != seen {
		h.active.Store(true)
		return false
	}
	return true
}

// finish waits until all drops so far are delivered, for as long as usercode.AwaitCallback
// does.
func (h *dropHook) finish(ctx context.Context) {
	if h == nil {
		return
	}
	h.mu.Lock()
	h.finished = true
	if !h.active.Load() { // everything is delivered
		h.mu.Unlock()
		return
	}
	delivered := make(chan struct{})
	h.waiting = delivered
	h.mu.Unlock()
	select {
	case h.skipPause <- struct{}{}:
	default:
	}
	usercode.AwaitCallback(ctx, delivered)
}
