package trial

import (
	"sync/atomic"
	"time"
)

// window prevents calls whose records would not fit. It limits the records in transit to
// its size, half a queue.
type window struct {
	size   uint64
	issued atomic.Uint64
	acked  func() uint64 // issued records that have arrived
}

// stride is how many calls enter admits at once, so that entering costs little.
const stride = 32

// enter waits until the window admits a stride of calls. It returns false if stop is set
// before that.
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
