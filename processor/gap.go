package processor

import (
	"sync"
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

const (
	// gapClock is how exactly the time of a loss is known. One loss in this time
	// looks at the clock.
	gapClock = 100 * time.Millisecond
	// gapPace is the shortest time between two gap records. What is lost meanwhile
	// is in the next one. It doubles with each that is not taken, up to maxGapPace.
	gapPace    = time.Second
	maxGapPace = time.Minute
	// maxGapResources is how many resources are remembered of lost records. Nearly
	// every program has one.
	maxGapResources = 8
)

// gaps knows which losses the readers of the logs have not been told of. A nil gaps
// tells nobody.
//
// The ledger counts losses anyway, so what is new is the difference since the last
// gap record; it is looked at after an export, and costs whoever loses a record two
// loads, and a look at the clock once in a gapClock.
type gaps struct {
	ledger *ledger

	fresh atomic.Bool                       // a loss looked at the clock a moment ago
	known atomic.Pointer[resource.Resource] // the last in resources; nil: none
	sent  atomic.Uint64                     // gap records that were taken
	// exported is the resource of what was exported last.
	exported atomic.Pointer[resource.Resource]

	mu        sync.Mutex
	first     time.Time // of the losses that are in no gap record yet; zero: not known
	last      time.Time
	resources []*resource.Resource // of those
	told      toll                 // what had been lost when the last gap record was made
	asOf      time.Time            // when that was
	busy      bool                 // one is being exported
	failures  int                  // in a row
	next      time.Time            // there is none before
	ended     bool                 // there will be no more
}

// toll is what has been lost at one time, and what the fallback has saved.
type toll struct {
	dropped losses
	saved   [numReasons]uint64
}

func newGaps(l *ledger) *gaps { return &gaps{ledger: l, asOf: time.Now()} }

// see notes the resource of a record that is about to be lost. Of one that gives way
// to another, and is not critical, only the severity is known by then; it has the
// resource of the others, or of what is exported.
func (g *gaps) see(r *sdklog.Record) {
	if g != nil && g.known.Load() != r.Resource() {
		g.remember(r.Resource())
	}
}

func (g *gaps) remember(res *resource.Resource) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rememberLocked(res)
}

func (g *gaps) rememberLocked(res *resource.Resource) {
	if res == nil {
		return
	}
	g.known.Store(res)
	for _, other := range g.resources {
		if other == res || other.Equal(res) {
			return
		}
	}
	if len(g.resources) < maxGapResources {
		g.resources = append(g.resources, res)
	}
}

// stamp notes when a record is lost, just before it is counted.
func (g *gaps) stamp() {
	if g != nil && !g.fresh.Load() { // so little that it is inlined
		g.lookAtClock()
	}
}

func (g *gaps) lookAtClock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended || g.fresh.Load() {
		return
	}
	g.last = time.Now()
	if g.first.IsZero() {
		g.first = g.last
	}
	g.fresh.Store(true)
	time.AfterFunc(gapClock, g.age)
}

// age has the next loss look at the clock, if anybody will be told.
func (g *gaps) age() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fresh.Store(g.ended)
}

// finish says that nobody will be told any more.
func (g *gaps) finish() {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
	g.fresh.Store(true)
}

// taken returns how many gap records were exported.
func (g *gaps) taken() uint64 {
	if g == nil {
		return 0
	}
	return g.sent.Load()
}

// gap is losses that a gap record tells of.
type gap struct {
	lost        losses
	saved       [numReasons]uint64
	first, last time.Time
	resources   []*resource.Resource

	toll toll // when it was made
	made time.Time
}

// begin returns what there is to tell, if there is anything and it is time, or the
// last time. Whoever it is given to calls end.
func (g *gaps) begin(lastTime bool) (*gap, bool) {
	if g == nil {
		return nil, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if g.busy || now.Before(g.next) && !lastTime {
		return nil, false
	}
	// Before the ledger is read: who loses a record from now on looks at the clock.
	g.fresh.Store(false)
	t := g.ledger.toll()
	if t == g.told {
		return nil, false
	}
	n := &gap{lost: t.dropped.since(&g.told.dropped), saved: t.saved, toll: t, made: now}
	for why := range n.saved {
		n.saved[why] -= g.told.saved[why]
	}
	n.first, n.last = g.first, now
	if n.first.IsZero() { // it was noted before the last gap record, and counted after it
		n.first = g.asOf
	}
	if last := g.last.Add(gapClock); !g.last.IsZero() && last.Before(now) {
		n.last = last
	}
	n.resources = g.resources
	g.first, g.last, g.resources = time.Time{}, time.Time{}, nil
	g.known.Store(nil)
	g.busy = true
	return n, true
}

// end notes whether the gap record was taken. If not the next one tells of it.
func (g *gaps) end(n *gap, taken bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy = false
	if taken {
		g.told, g.asOf = n.toll, n.made
		g.failures = 0
		g.next = n.made.Add(gapPace)
		g.sent.Add(1)
		return
	}
	g.next = time.Now().Add(min(gapPace<<min(g.failures, 10), maxGapPace))
	g.failures++
	g.first = n.first
	if g.last.IsZero() {
		g.last = n.last.Add(-gapClock)
	}
	later := g.resources
	g.resources = n.resources
	for _, res := range later {
		g.rememberLocked(res)
	}
}

// toll reads what has been lost so far.
func (l *ledger) toll() toll {
	t := toll{dropped: l.losses()}
	for why := range t.saved {
		t.saved[why] = l.fallback[why].Load()
	}
	return t
}
