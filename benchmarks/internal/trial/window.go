package trial

import (
	"sync/atomic"
	"time"
)

// window keeps goroutines from making calls whose records would not fit: it lets no more
// of them be under way than half a queue.
type window struct {
	size   uint64
	issued atomic.Uint64
	acked  func() uint64 // records that have arrived, of issued ones
}

// stride is how many calls are asked for at a time, so that asking costs little.
const stride = 32

// enter waits until there is room for a stride of calls, and reports false if stop
// was set before that.
func (w *window) enter(stop *atomic.Bool) bool {
	if w.issued.Add(stride) > w.acked()+w.size {
		for w.issued.Load() > w.acked()+w.size {
			if stop.Load() {
				return false
			}
			time.Sleep(100 * time.Microsecond)
		}
	}
	return !stop.Load()
}
