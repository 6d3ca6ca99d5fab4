package exportertest

import (
	"context"
	"slices"
	"sync"
	"time"
)

// gate is a channel that Exports wait for: closing it lets them through. Each Block
// makes one, at the time of the call, because a channel durably blocks only in the
// synctest bubble in which it was made.
type gate chan struct{}

// endpoint is the state that Export, ForceFlush and Shutdown have in common: the
// gates in front, the contexts of the calls and the error to return. Guarded by
// Exporter.mu.
type endpoint struct {
	gates    []gate
	contexts []context.Context // one a call; unused for Export, see Exporter.calls
	err      error             // unused for Export, see Exporter.plan
}

// Block closes a gate in front of Export: Exports that begin from now on wait there
// until release is called or, unless the Exporter is deaf, their context ends.
// release lets the waiting ones through. It may be called again, and from any
// goroutine of the same synctest bubble. The gates of several Blocks are independent:
// an Export passes when all gates that were closed when it began are open.
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

// pause waits for the gates one by one and then for d. It returns ctx.Err() if ctx
// ends first and the Exporter is not deaf.
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
