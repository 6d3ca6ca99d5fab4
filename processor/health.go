package processor

import "sync"

// health knows how many workers' last export succeeded. A worker that has not
// exported yet counts as healthy.
type health struct {
	mu      sync.Mutex
	healthy int
	changed chan struct{} // closed, and replaced, when healthy changes
}

func newHealth(workers int) *health {
	return &health{healthy: workers, changed: make(chan struct{})}
}

func (h *health) get() (healthy int, changed <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.healthy, h.changed
}

func (h *health) add(delta int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.healthy += delta
	close(h.changed)
	h.changed = make(chan struct{})
}
