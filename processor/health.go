package processor

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// degradedAfter is how many exports in a row must fail, with no exporter left that
// works, for the processor to call itself degraded.
const degradedAfter = 3

// lateness is how long after its deadline an export is taken to be on its way back.
const lateness = time.Second

// health knows whose exports succeed, and when those whose exports fail may take
// the next batch.
//
// An exporter that fails pauses, longer each time, and leaves the batches to those
// that work: one that refuses at once is always free, and would otherwise be given
// most of them. When none works, there is one pause for all, after which one of them
// tries one batch, in turn: that is how the end of an outage is found. A flush cuts a
// pause short, once.
//
// An exporter that has not exported yet works; one that has not come back at the
// deadline of its export does not.
type health struct {
	retry RetryConfig

	mu       sync.Mutex
	changed  chan struct{} // closed, and replaced, when those who wait are to look again
	lanes    []*standing
	failures int       // exports that have failed since one has succeeded
	since    time.Time // when the processor became degraded; zero: it is not

	// While no exporter works.
	pauses  pauses
	next    time.Time // nobody tries before
	trying  *standing // whose turn it is; nil: nobody's
	turns   uint64    // taken so far
	flushes uint64    // that have begun
	flushed uint64    // of those, how many had when the last turn was taken

	degraded atomic.Bool // since is not zero; for those who must not wait for mu
}

// standing is how an exporter stands. Guarded by health.mu.
type standing struct {
	failures int // exports that have failed in a row
	pauses   pauses
	next     time.Time // it does not try before, while others work
	deadline time.Time // of the export under way; zero: there is none
	turn     uint64    // the last that it had, when none worked
	waiting  bool
	flushed  uint64 // flushes that had begun when one last cut its pause short
}

// failure is what is to be known of an export that failed.
type failure struct {
	pause    pausing
	hint     time.Duration // how long the receiver asks to wait
	lastTime time.Time     // when the batch is to be tried for the last time; zero: it will not be
}

// pausing says who pauses after a failed export.
type pausing uint8

const (
	nobody    pausing = iota // the receiver is there, and has refused what it was sent
	thisOne                  // the exporter, if others work
	allOfThem                // the exporter, and if none works all
)

func newHealth(retry RetryConfig, lanes []*lane) *health {
	h := &health{retry: retry, changed: make(chan struct{}), pauses: retry.newPauses()}
	for _, l := range lanes {
		l.standing.pauses = retry.newPauses()
		h.lanes = append(h.lanes, &l.standing)
	}
	return h
}

// await waits until the exporter may be given a batch, or there will be none.
func (h *health) await(s *standing, q *queue.Queue) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.waiting = true
	defer func() { s.waiting = false }()
	for {
		pause, ok := h.mayTryLocked(s, time.Now(), q.Closed())
		if ok {
			return
		}
		changed := h.changed
		h.mu.Unlock()
		drained := rest(pause, changed, q.Drained())
		h.mu.Lock()
		if drained {
			return
		}
	}
}

// rest waits for the pause to end, or something to change, and tells whether it was
// drained that did. A pause of zero has no end of its own.
func rest(pause time.Duration, changed, drained <-chan struct{}) bool {
	var over <-chan time.Time
	if pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-changed:
	case <-drained:
		return true
	}
	return false
}

// mayTryLocked tells whether the exporter may be given a batch now, or how long to
// wait: zero for until something changes.
func (h *health) mayTryLocked(s *standing, now time.Time, closed bool) (time.Duration, bool) {
	switch {
	case s.failures == 0:
		return 0, true
	case h.workingLocked(now) > 0:
		if s.flushed != h.flushes && !closed {
			s.flushed = h.flushes
			return 0, true
		}
		return s.next.Sub(now), !now.Before(s.next)
	case closed || h.retry.Disabled:
		return 0, true // there is nobody to leave the batches to, and no time for a pause
	case h.trying == s:
		return 0, true
	case h.trying != nil && !h.trying.overdue(now):
		return h.trying.untilOverdue(now), false
	case now.Before(h.next) && h.flushed == h.flushes:
		return h.next.Sub(now), false
	case slices.ContainsFunc(h.lanes, func(o *standing) bool { return o.waiting && o.turn < s.turn }):
		return 0, false
	}
	h.trying = s
	h.turns++
	s.turn = h.turns
	h.flushed = h.flushes
	return 0, true
}

// workingLocked returns how many exporters work.
func (h *health) workingLocked(now time.Time) int {
	n := 0
	for _, s := range h.lanes {
		if s.failures == 0 && !s.overdue(now) {
			n++
		}
	}
	return n
}

// overdue tells whether the exporter has not come back at its deadline.
func (s *standing) overdue(now time.Time) bool {
	return !s.deadline.IsZero() && !now.Before(s.deadline)
}

// untilOverdue returns when it will be, if it does not come back; zero if it is not
// in an export.
func (s *standing) untilOverdue(now time.Time) time.Duration {
	if s.deadline.IsZero() {
		return 0
	}
	return s.deadline.Sub(now)
}

// begin notes that an export has begun, which is to end within the timeout.
func (h *health) begin(s *standing, timeout time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.deadline = time.Now().Add(timeout + lateness)
	if h.trying == s {
		h.wakeLocked() // those who wait for their turn now know how long
	}
}

// end notes that the export has ended. What has come of it is told by succeed or
// fail.
func (h *health) end(s *standing) {
	h.mu.Lock()
	s.deadline = time.Time{}
	h.mu.Unlock()
}

// succeed notes a successful export. It returns when the degraded state began
// that this ends; zero if it does not.
func (h *health) succeed(s *standing) (since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures = 0
	if s.failures == 0 && h.trying == nil && h.since.IsZero() {
		return since
	}
	now := time.Now()
	if h.workingLocked(now) == 0 || !h.since.IsZero() {
		// The outage is over. The others find out whether it is for them.
		for _, other := range h.lanes {
			other.next = now
		}
		h.pauses.reset()
		h.next = time.Time{}
	}
	s.failures = 0
	s.pauses.reset()
	h.trying = nil
	since, h.since = h.since, time.Time{}
	h.degraded.Store(false)
	h.wakeLocked()
	return since
}

// fail notes a failed export, and tells whether another exporter works, and whether
// the processor is degraded from now on.
func (h *health) fail(s *standing, f failure) (others, degraded bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	s.failures++
	h.failures++
	if h.trying == s {
		h.trying = nil
	}
	working := h.workingLocked(now)

	s.next, h.next = now, now
	s.flushed, h.flushed = h.flushes, h.flushes // this was an attempt for those, too
	if f.pause >= thisOne {
		s.next = now.Add(f.limit(s.pauses.next(), now))
	}
	if f.pause == allOfThem && working == 0 {
		h.next = now.Add(f.limit(h.pauses.next(), now))
	}
	if working == 0 && h.since.IsZero() && h.failures >= degradedAfter {
		h.since = now
		h.degraded.Store(true)
		degraded = true
	}
	h.wakeLocked()
	return working > 0, degraded
}

// limit returns how long to pause, if it were for the exporter alone.
func (f failure) limit(pause time.Duration, now time.Time) time.Duration {
	pause = max(pause, f.hint)
	if !f.lastTime.IsZero() {
		pause = min(pause, f.lastTime.Sub(now))
	}
	return pause
}

// othersWork tells whether an exporter beside this one works.
func (h *health) othersWork(s *standing) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.workingLocked(time.Now())
	if s.failures == 0 {
		n-- // it is not in an export
	}
	return n > 0
}

// failing tells whether the exporter's last export failed.
func (h *health) failing(s *standing) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.failures > 0
}

// hurry ends the pause after the exporter's last failure.
func (h *health) hurry(s *standing) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.next, h.next = time.Time{}, time.Time{}
	h.wakeLocked()
}

// flush cuts pauses short, once.
func (h *health) flush() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.flushes++
	h.wakeLocked()
}

// wake has those who wait look again.
func (h *health) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wakeLocked()
}

func (h *health) wakeLocked() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// state returns when the processor became degraded, and how many exports in a row
// have failed.
func (h *health) state() (since time.Time, failures int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.since, h.failures
}
