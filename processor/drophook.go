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
	report func(error)

	active atomic.Bool   // the goroutine exists
	hurry  chan struct{} // closed at shutdown: no more pauses
	once   sync.Once

	// told is owned by the goroutine; active hands it on to the next one.
	told losses

	mu   sync.Mutex
	done chan struct{} // closed when the goroutine ends
}

func newDropHook(f func(Drop), l *ledger, report func(error)) *dropHook {
	return &dropHook{f: f, ledger: l, report: report, hurry: make(chan struct{})}
}

// poke says that something was dropped. A nil hook has nobody to tell.
func (h *dropHook) poke() {
	if h == nil || h.active.Load() || !h.active.CompareAndSwap(false, true) {
		return
	}
	done := make(chan struct{})
	h.mu.Lock()
	h.done = done
	h.mu.Unlock()
	go h.run(done)
}

func (h *dropHook) run(done chan struct{}) {
	defer close(done)
	for {
		for h.deliver() {
			h.pause()
		}
		told := h.told.total()
		h.active.Store(false)
		// A drop between the last look and the line above found the goroutine
		// active and left it to us.
		if now := h.ledger.losses(); now.total() == told || !h.active.CompareAndSwap(false, true) {
			return
		}
	}
}

// deliver tells what is new, and returns whether anything was.
func (h *dropHook) deliver() bool {
	now := h.ledger.losses()
	news := now.since(&h.told)
	h.told = now
	drops := news.list()
	for _, d := range drops {
		h.call(d)
	}
	return len(drops) > 0
}

func (h *dropHook) call(d Drop) {
	defer func() {
		if v := recover(); v != nil {
			h.report(panicError("drop hook", v))
		}
	}()
	h.f(d)
}

func (h *dropHook) pause() {
	timer := time.NewTimer(hookPace)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.hurry:
	}
}

// finish waits until all drops so far are told, as far as the context and the
// hook let it.
func (h *dropHook) finish(ctx context.Context) {
	if h == nil {
		return
	}
	h.once.Do(func() { close(h.hurry) })
	h.mu.Lock()
	done := h.done
	h.mu.Unlock()
	if done != nil {
		awaitBriefly(ctx, done)
	}
}
