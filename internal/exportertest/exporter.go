package exportertest

import (
	"context"
	"slices"
	"sync"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Exporter is an [sdklog.Exporter] that behaves as a test requires and remembers its
// calls. Make one with [New].
//
// All methods are safe for concurrent use, including Export: a second concurrent
// Export is a mistake of the processor and is counted, but not refused. What a method
// returns is a copy that the caller owns.
type Exporter struct {
	deaf      bool                                         // immutable
	countOnly bool                                         // immutable; no records are kept
	fn        func(context.Context, []sdklog.Record) error // immutable; nil: none

	// mu is never held while an Exporter waits or runs foreign code: a goroutine that
	// is blocked on a mutex would stop the clock of a synctest bubble.
	mu      sync.Mutex
	delay   time.Duration
	plan    []step // outcomes of future Exports, the next one first
	waiters []*waiter

	calls         []*Call // every Export, in the order in which they began
	taken         []*Call // those that returned nil, in the order in which they returned
	takenCount    int     // records in taken
	active        int     // Exports under way now
	maxActive     int     // the largest value of active
	afterShutdown int     // Exports begun after Shutdown
	overwritten   int

	export, flush, down endpoint
	stopped             bool // Shutdown has begun
}

var _ sdklog.Exporter = (*Exporter)(nil)

// New returns an Exporter that takes all records at once, unless an option or a later
// call changes that.
func New(opts ...Option) *Exporter {
	var c config
	for _, o := range opts {
		c = o.apply(c)
	}
	return &Exporter{deaf: c.deaf, countOnly: c.countOnly, fn: c.fn, delay: c.delay}
}

// Export takes, refuses or holds back records, as the package comment describes. It
// keeps clones of them and no reference to the slice.
func (e *Exporter) Export(ctx context.Context, records []sdklog.Record) (err error) {
	c := &Call{Context: ctx, Count: len(records), Begun: time.Now()}
	if !e.countOnly {
		c.Records = cloneRecords(records)
	}
	todo := e.begin(c)

	// Deferred, because the test may have asked for a panic.
	returned := false
	defer func() { e.end(c, records, err, returned) }()
	err = e.outcome(ctx, records, todo)
	returned = true
	return err
}

// work is what one Export has to do. It is decided when the Export begins: a later
// Block or FailNext applies to later Exports.
type work struct {
	refused bool
	gates   []gate
	delay   time.Duration
	planned *step // nil: nothing
}

func (e *Exporter) begin(c *Call) work {
	e.mu.Lock()
	defer e.mu.Unlock()

	e.calls = append(e.calls, c)
	e.active++
	e.maxActive = max(e.maxActive, e.active)
	todo := work{refused: e.stopped}
	if e.stopped {
		e.afterShutdown++
	} else {
		todo.gates = slices.Clone(e.export.gates)
		todo.delay = e.delay
		todo.planned = e.nextLocked()
	}
	e.wakeLocked()
	return todo
}

func (e *Exporter) outcome(ctx context.Context, records []sdklog.Record, todo work) error {
	if todo.refused {
		return sdklog.ErrExporterShutdown
	}
	if err := e.pause(ctx, todo.gates, todo.delay); err != nil {
		return err
	}
	if todo.planned != nil {
		return todo.planned.run()
	}
	if e.fn != nil {
		return e.fn(ctx, records)
	}
	if e.deaf {
		return nil
	}
	return ctx.Err()
}

func (e *Exporter) end(c *Call, records []sdklog.Record, err error, returned bool) {
	intact := sameRecords(c.Records, records)

	e.mu.Lock()
	defer e.mu.Unlock()

	e.active--
	if !intact {
		e.overwritten++
	}
	c.Ended, c.Err, c.Panicked = time.Now(), err, !returned
	if returned && err == nil {
		e.taken = append(e.taken, c)
		e.takenCount += c.Count
	}
	e.wakeLocked()
}
