package processor

import (
	"sync/atomic"
	"weak"

	"github.com/krunchwrapper/asynclog/processor/internal/observ"
)

// figures are what the metrics read. A meter keeps them until somebody collects after
// Shutdown, which in a program without metrics nobody ever does; so from then on they
// keep the processor no longer than its users do.
type figures struct {
	running atomic.Pointer[Processor] // nil: it has been shut down
	// Valid then. What comes after Shutdown is counted, too, as long as there is a
	// processor that it can come to.
	shut  weak.Pointer[Processor]
	final observ.Reading
}

func newFigures(p *Processor) *figures {
	f := &figures{}
	f.running.Store(p)
	return f
}

func (f *figures) read() observ.Reading {
	p := f.running.Load()
	if p == nil {
		p = f.shut.Value()
	}
	if p == nil {
		return f.final
	}
	return p.reading()
}

// finish lets go of the processor. It is called once.
func (f *figures) finish() {
	p := f.running.Load()
	f.shut, f.final = weak.Make(p), p.reading()
	f.running.Store(nil)
}
