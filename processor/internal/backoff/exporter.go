package backoff

import "time"

// Exporter is the backoff state of one exporter. It is guarded by the group's mutex.
type Exporter struct {
	group    *Group
	failures int // exports that have failed in a row
	pauses   pauses
	next     time.Time // it does not try before, while others work
	deadline time.Time // of the export under way; zero: there is none
	turn     uint64    // its last turn, while no exporter worked
	waiting  bool
	answered uint64 // the flushes that had begun when one last cut its pause short
}

// Queue is what Await needs to know about the queue.
type Queue interface {
	// Closed reports whether the queue takes no more records.
	Closed() bool
	// Drained is closed when no exporter will get another batch.
	Drained() <-chan struct{}
}

// Failure describes an export that failed.
type Failure struct {
	Scope Scope
	// Hint is how long the receiver asks to wait; 0 if it does not ask.
	Hint time.Duration
	// LastAttempt is when the batch is to be tried for the last time; zero if it will
	// not be tried again.
	LastAttempt time.Time
}

// Scope says which exporters pause after a failed export.
type Scope uint8

// The scopes.
const (
	ScopeNone     Scope = iota // the receiver is there, and has refused what it was sent
	ScopeExporter              // this exporter, if others work
	ScopeAll                   // this exporter, and if none works all of them
)

// Await waits until the exporter may take a batch, or the queue is drained.
func (e *Exporter) Await(q Queue) {
	g := e.group
	g.mu.Lock()
	defer g.mu.Unlock()
	e.waiting = true
	defer func() { e.waiting = false }()
	for {
		pause, ok := e.mayTryLocked(time.Now(), q.Closed())
		if ok {
			return
		}
		changed := g.changed
		g.mu.Unlock()
		drained := sleep(pause, changed, q.Drained())
		g.mu.Lock()
		if drained {
			return
		}
	}
}

// sleep waits until the pause ends, something changes, or the queue is drained. It
// reports whether the queue is drained. A pause of zero does not end by itself.
func sleep(pause time.Duration, changed, drained <-chan struct{}) bool {
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

// mayTryLocked reports whether the exporter may take a batch now. If not, it returns how
// long to wait; zero means until something changes.
func (e *Exporter) mayTryLocked(now time.Time, closed bool) (time.Duration, bool) {
	g := e.group
	switch {
	case e.failures == 0:
		return 0, true
	case g.workingLocked(now) > 0:
		if e.answered != g.flushes && !closed {
			e.answered = g.flushes
			return 0, true
		}
		return e.next.Sub(now), !now.Before(e.next)
	case closed || g.retryDisabled:
		return 0, true // no other exporter could take the batches, and there is no time for a pause
	case g.trying == e:
		return 0, true
	case g.trying != nil && !g.trying.overdue(now):
		return g.trying.untilOverdue(now), false
	case now.Before(g.next) && g.answered == g.flushes:
		return g.next.Sub(now), false
	case g.longerWaitingLocked(e):
		return 0, false
	}
	g.trying = e
	g.turns++
	e.turn = g.turns
	g.answered = g.flushes
	return 0, true
}

// overdue reports whether the exporter has not returned by its deadline.
func (e *Exporter) overdue(now time.Time) bool {
	return !e.deadline.IsZero() && !now.Before(e.deadline)
}

// untilOverdue returns the time until the exporter is overdue; zero if it is not in an
// export.
func (e *Exporter) untilOverdue(now time.Time) time.Duration {
	if e.deadline.IsZero() {
		return 0
	}
	return e.deadline.Sub(now)
}

// Begin notes that an export has begun, which is to end within the timeout.
func (e *Exporter) Begin(timeout time.Duration) {
	g := e.group
	g.mu.Lock()
	defer g.mu.Unlock()
	e.deadline = time.Now().Add(timeout + maxOverrun)
	if g.trying == e {
		g.wakeLocked() // exporters that wait for their turn now know how long
	}
}

// End notes that the export has ended. Succeed or Fail note its result.
func (e *Exporter) End() {
	e.group.mu.Lock()
	e.deadline = time.Time{}
	e.group.mu.Unlock()
}

// Succeed notes a successful export. If it ends the degraded state, Succeed returns when
// that state began, otherwise the zero time.
func (e *Exporter) Succeed() (since time.Time) {
	g := e.group
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failures = 0
	if e.failures == 0 && g.trying == nil && g.since.IsZero() {
		return since
	}
	now := time.Now()
	if g.workingLocked(now) == 0 || !g.since.IsZero() {
		// The outage is over. The others find out whether it is over for them.
		for i := range g.exporters {
			g.exporters[i].next = now
		}
		g.pauses.reset()
		g.next = time.Time{}
	}
	e.failures = 0
	e.pauses.reset()
	g.trying = nil
	since, g.since = g.since, time.Time{}
	g.degraded.Store(false)
	g.wakeLocked()
	return since
}

// Fail notes a failed export. It reports whether another exporter works, and whether the
// processor became degraded by this failure.
func (e *Exporter) Fail(f Failure) (othersWork, degraded bool) {
	g := e.group
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	e.failures++
	g.failures++
	if g.trying == e {
		g.trying = nil
	}
	working := g.workingLocked(now)

	e.next, g.next = now, now
	e.answered, g.answered = g.flushes, g.flushes // this was an attempt for those flushes, too
	if f.Scope >= ScopeExporter {
		e.next = now.Add(f.limit(e.pauses.next(), now))
	}
	if f.Scope == ScopeAll && working == 0 {
		g.next = now.Add(f.limit(g.pauses.next(), now))
	}
	if working == 0 && g.since.IsZero() && g.failures >= degradedAfter {
		g.since = now
		g.degraded.Store(true)
		degraded = true
	}
	g.wakeLocked()
	return working > 0, degraded
}

// limit adapts a pause to what the receiver asks for and to the time that the batch has
// left.
func (f Failure) limit(pause time.Duration, now time.Time) time.Duration {
	pause = max(pause, f.Hint)
	if !f.LastAttempt.IsZero() {
		pause = min(pause, f.LastAttempt.Sub(now))
	}
	return pause
}

// OthersWork reports whether another exporter works. The exporter itself must not be in
// an export.
func (e *Exporter) OthersWork() bool {
	e.group.mu.Lock()
	defer e.group.mu.Unlock()
	n := e.group.workingLocked(time.Now())
	if e.failures == 0 {
		n--
	}
	return n > 0
}

// Failing reports whether the exporter's last export failed.
func (e *Exporter) Failing() bool {
	e.group.mu.Lock()
	defer e.group.mu.Unlock()
	return e.failures > 0
}

// EndPause ends the pause after the exporter's last failure.
func (e *Exporter) EndPause() {
	g := e.group
	g.mu.Lock()
	defer g.mu.Unlock()
	e.next, g.next = time.Time{}, time.Time{}
	g.wakeLocked()
}
