package backoff

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// degradedAfter is how many exports in a row must fail, while no exporter works, for
	// the processor to be degraded.
	degradedAfter = 3
	// maxOverrun is how long after its deadline an export may still return in time.
	maxOverrun = time.Second
)

// Group is the exporters of one processor. It knows whose exports succeed, whose turn it
// is while none works, and whether the processor is degraded. It is safe for concurrent
// use.
type Group struct {
	retryDisabled bool

	mu        sync.Mutex
	changed   chan struct{} // closed, and replaced, when waiting exporters must check again
	exporters []Exporter
	failures  int       // exports that have failed since the last success
	since     time.Time // when the processor became degraded; zero: it is not degraded

	// While no exporter works.
	pauses   pauses
	next     time.Time // no exporter tries before
	trying   *Exporter // the exporter whose turn it is; nil: none
	turns    uint64    // taken so far
	flushes  uint64    // begun so far
	answered uint64    // the flushes that had begun when the last turn was taken

	degraded atomic.Bool // since is not zero; for callers that must not wait for mu
}

// NewGroup returns the group of n exporters, all of which work.
func NewGroup(c Config, n int) *Group {
	g := &Group{
		retryDisabled: c.Disabled,
		changed:       make(chan struct{}),
		pauses:        newPauses(c),
		exporters:     make([]Exporter, n),
	}
	for i := range g.exporters {
		g.exporters[i] = Exporter{group: g, pauses: newPauses(c)}
	}
	return g
}

// Exporter returns the i-th exporter.
func (g *Group) Exporter(i int) *Exporter { return &g.exporters[i] }

// Degraded reports whether the processor is degraded. It is one atomic load.
func (g *Group) Degraded() bool { return g.degraded.Load() }

// State returns when the processor became degraded, which is the zero time if it is not,
// and how many exports have failed since the last success.
func (g *Group) State() (since time.Time, failures int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.since, g.failures
}

// Flush cuts the pauses short, once.
func (g *Group) Flush() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flushes++
	g.wakeLocked()
}

// Wake makes waiting exporters check again.
func (g *Group) Wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wakeLocked()
}

func (g *Group) wakeLocked() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// workingLocked returns how many exporters work.
func (g *Group) workingLocked(now time.Time) int {
	n := 0
	for i := range g.exporters {
		if e := &g.exporters[i]; e.failures == 0 && !e.overdue(now) {
			n++
		}
	}
	return n
}

// longerWaitingLocked reports whether another exporter waits for its turn that had its
// last turn before e.
func (g *Group) longerWaitingLocked(e *Exporter) bool {
	for i := range g.exporters {
		if other := &g.exporters[i]; other.waiting && other.turn < e.turn {
			return true
		}
	}
	return false
}
