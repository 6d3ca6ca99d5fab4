package processor

import (
	"sync"
	"time"
)

const (
	// expediteBurst is how many critical records are exported at once, each as
	// soon as it comes, within one expediteWindow.
	expediteBurst  = 32
	expediteWindow = 100 * time.Millisecond
)

// pace bounds how often critical records have the open batch exported early. In a
// storm of errors, and even more when it is the exporter that logs them, every
// export would otherwise be for one record. The zero value is ready.
type pace struct {
	mu     sync.Mutex
	window time.Time // when the current window began
	used   int       // exports in it
}

// allow tells whether one more export may be asked for now.
func (p *pace) allow(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.window) >= expediteWindow {
		p.window, p.used = now, 0
	}
	p.used++
	return p.used <= expediteBurst
}
