package processor

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// hookPace is the shortest time between two deliveries of a sustained loss.
const hookPace = 100 * time.Millisecond

// dropHook tells the user's function of losses, on a goroutine of its own that
// lives while there are any. It delivers what the ledger has gained since it last
// looked, so a flood of drops costs the log path one atomic load each.
type dropHook struct {
	f      func(Drop)
	ledger *ledger
	settle func() // has what was displaced put down in the ledger
	report func(error)

	active atomic.Bool   // the goroutine exists; written under mu
	hurry  chan struct{} // capacity 1: cuts a pause short

	// Owned by the goroutine; active hands them on to the next one.
	told losses
	last time.Time // when the last delivery began

	mu      sync.Mutex
	ended   bool          // Shutdown wants the last words
	waiting chan struct{} // closed after a delivery that began later; nil: nobody waits
}

func newDropHook(f func(Drop), l *ledger, settle func(), report func(error)) *dropHook {
	return &dropHook{f: f, ledger: l, settle: settle, report: report, hurry: make(chan struct{}, 1)}
}

// poke says that something was dropped. A nil hook has nobody to tell.
func (h *dropHook) poke() {
	if h == nil || h.active.Load() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.active.Load() {
		h.active.Store(true)
		go h.run()
	}
}

func (h *dropHook) run() {
	rested := false
	defer func() {
		if !rested { // the function ended the goroutine (runtime.Goexit)
			go h.run()
		}
	}()
	for !rested {
		h.pause()
		h.last = time.Now()
		h.mu.Lock()
		waiting, ended := h.waiting, h.ended
		h.mu.Unlock()
		h.deliver()
		seen := h.told.total()
		if ended {
			// A function that logs causes another loss now. It is not told of
			// that until there is a further one, or it would go on for ever.
			now := h.ledger.losses()
			seen = now.total()
		}
		rested = h.rest(waiting, seen)
	}
}

// pause keeps the pace, unless Shutdown is in a hurry.
func (h *dropHook) pause() {
	wait := hookPace - time.Since(h.last)
	if h.last.IsZero() || wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.hurry:
	}
}

// deliver tells what is new.
func (h *dropHook) deliver() {
	h.settle()
	now := h.ledger.losses()
	for why := range now {
		for r, n := range now[why] {
			if n -= h.told[why][r]; n > 0 {
				h.told[why][r] += n // before the call, which may not return
				h.call(Drop{Reason: reasonNames[why], Severity: lowestOf(r), Count: n})
			}
		}
	}
}

func (h *dropHook) call(d Drop) {
	returned := false
	defer func() {
		if v := recover(); v != nil {
			h.report(panicError("drop hook", v))
		} else if !returned {
			h.report(panicError("drop hook", "runtime.Goexit"))
		}
	}()
	h.f(d)
	returned = true
}

// rest ends a delivery for the one who waits for it, and tells whether the
// goroutine may go: if nobody came to wait since, and no losses beyond those that
// were seen.
func (h *dropHook) rest(waiting chan struct{}, seen uint64) bool {
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
	// Who lost a record before the line above found the goroutine active and
	// left it to us; who loses one after the next line waits for the mutex.
	if now := h.ledger.losses(); now.total() != seen {
		h.active.Store(true)
		return false
	}
	return true
}

// finish waits until all drops so far are told, as far as the context and the
// function let it.
func (h *dropHook) finish(ctx context.Context) {
	if h == nil {
		return
	}
	h.mu.Lock()
	h.ended = true
	if !h.active.Load() { // nothing is left to tell
		h.mu.Unlock()
		return
	}
	told := make(chan struct{})
	h.waiting = told
	h.mu.Unlock()
	select {
	case h.hurry <- struct{}{}:
	default:
	}
	awaitBriefly(ctx, told)
}
