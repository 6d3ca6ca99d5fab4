package asynclog

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/krunchwrapper/asynclog/processor"
)

// Errors of [Pipeline.Healthy].
var (
	// ErrShutdown: the pipeline's Shutdown has been called.
	ErrShutdown = errors.New("asynclog: the pipeline has been shut down")
	// ErrNotStarted: the Pipeline is nil, or was not made by Start.
	ErrNotStarted = errors.New("asynclog: the pipeline has not been started")
)

// failureMemory is how long a failed export counts when there is nothing to export
// that could show whether it still would fail.
const failureMemory = 30 * time.Second

// health is what Healthy has to remember from one call to the next.
type health struct {
	mu        sync.Mutex
	fullSince time.Time // zero: the queue was not full
	exports   uint64    // how many exports there had been
	changed   time.Time // when that was first seen
}

// Healthy returns nil if records can be exported, and an error that says what is
// wrong if they cannot: each exporter's last export failed, why, and for how long if
// the processor is degraded ([processor.Stats]); the queue is full, and for how long;
// or the pipeline has been shut down ([ErrShutdown]). Of a disabled pipeline it is nil.
//
// It looks at the ledger and sends nothing, so a readiness probe may call it as often
// as it likes. How long the queue has been full is counted from the first call that
// found it full. A failed export is forgotten after 30 seconds without anything to
// export; otherwise a service that gets no requests because it is not ready would never
// log the record that shows that exports work again.
//
// The error has the text of an exporter's error, which may contain addresses: log it,
// but do not show it to everyone.
func (p *Pipeline) Healthy() error {
	switch {
	case p == nil || p.processor == nil && !p.disabled:
		return ErrNotStarted
	case p.ending.begun():
		return ErrShutdown
	case p.disabled:
		return nil
	}
	s := p.processor.Stats()
	return p.health.judge(&s, time.Now())
}

// judge returns what is wrong, nil if nothing is.
func (h *health) judge(s *processor.Stats, now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return errors.Join(h.failing(s, now), h.full(s, now))
}

func (h *health) full(s *processor.Stats, now time.Time) error {
	if s.Capacity == 0 || s.Queued+s.Reserved < s.Capacity {
		h.fullSince = time.Time{}
		return nil
	}
	if h.fullSince.IsZero() {
		h.fullSince = now
	}
	return fmt.Errorf("asynclog: the queue is full (%d records), seen for %v", s.Capacity, now.Sub(h.fullSince).Round(time.Millisecond))
}

// failing returns an error if no exporter works.
func (h *health) failing(s *processor.Stats, now time.Time) error {
	var exports uint64
	var reasons []string
	for i := range s.Exporters {
		e := &s.Exporters[i]
		exports += e.Exports
		if e.Failing {
			reasons = append(reasons, e.Type+": "+e.LastError)
		}
	}
	if exports != h.exports || h.changed.IsZero() {
		h.exports, h.changed = exports, now
	}
	idle := s.Queued == 0 && s.InFlight == 0
	if len(reasons) == 0 || len(reasons) < len(s.Exporters) || idle && now.Sub(h.changed) >= failureMemory {
		return nil
	}
	since := ""
	if s.Degraded {
		since = fmt.Sprintf(" for %v", now.Sub(s.DegradedSince).Round(time.Millisecond))
	}
	return fmt.Errorf("asynclog: exports fail%s: %s", since, strings.Join(reasons, "; "))
}
