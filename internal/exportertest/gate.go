package exportertest

import (
	"context"
	"slices"
	"sync"
	"time"
)

// gate is closed to open it. Each Block makes its own, at the time of the call:
// a channel durably blocks only in the synctest bubble it was made in.
type gate chan struct{}

// endpoint is what Export, ForceFlush and Shutdown have in common: gates in
// front, contexts remembered, an error to return. Guarded by Exporter.mu.
type endpoint struct {
	gates    []gate
	contexts []context.Context // one per call; unused for Export, see Exporter.calls
	err      error             // unused for Export, see Exporter.plan
}

// Block shuts a gate in front of Export: Exports that begin from now on wait
// there until release is called or, unless the Exporter is deaf, their context
// ends. release lets the waiting ones through and may be called again, and from
// any goroutine of the same synctest bubble. Gates of several Blocks are
// independent: an Export passes when all of those it met are open.
func (e *Exporter) Block() (release func()) { return e.block(&e.export) }

// BlockForceFlush is [Exporter.Block] for ForceFlush.
func (e *Exporter) BlockForceFlush() (release func()) { return e.block(&e.flush) }

// BlockShutdown is [Exporter.Block] for Shutdown.
func (e *Exporter) BlockShutdown() (release func()) { return e.block(&e.down) }

func (e *Exporter) block(p *endpoint) (release func()) {
	g := make(gate)
	e.mu.Lock()
	defer e.mu.Unlock()
	p.gates = append(p.gates, g)
	return sync.OnceFunc(func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		p.gates = slices.DeleteFunc(p.gates, func(other gate) bool { return other == g })
		close(g)
	})
}

// pause passes the gates one by one and then lets d go by. It returns ctx.Err()
// if ctx ends first and the Exporter is not deaf.
func (e *Exporter) pause(ctx context.Context, gates []gate, d time.Duration) error {
	ended := ctx.Done()
	if e.deaf {
		ended = nil // never ready
	}
	for _, g := range gates {
		select {
		case <-g:
		case <-ended:
			return ctx.Err()
		}
	}
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ended:
		return ctx.Err()
	}
}
