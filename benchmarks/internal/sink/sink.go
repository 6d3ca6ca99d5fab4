package sink

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Sink accepts records. Its methods are safe for concurrent use. It does not serialise
// calls; callers do, where that is needed.
type Sink struct {
	latency time.Duration
	acked   atomic.Uint64

	mu   sync.Mutex
	gate chan struct{} // nil: open; else closed when it opens
}

// New returns a sink whose calls of Export and Write each take the given latency.
func New(latency time.Duration) *Sink { return &Sink{latency: latency} }

// Acked returns how many records and lines the sink has accepted.
func (s *Sink) Acked() uint64 { return s.acked.Load() }

// Block makes all calls wait until release is called.
func (s *Sink) Block() (release func()) {
	gate := make(chan struct{})
	s.mu.Lock()
	s.gate = gate
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		s.gate = nil
		s.mu.Unlock()
		close(gate)
	}
}

func (s *Sink) take(n int) {
	s.mu.Lock()
	gate := s.gate
	s.mu.Unlock()
	if gate != nil {
		<-gate
	}
	if s.latency > 0 {
		time.Sleep(s.latency)
	}
	s.acked.Add(uint64(n))
}

// Write accepts the lines of p.
func (s *Sink) Write(p []byte) (int, error) {
	s.take(bytes.Count(p, []byte{'\n'}))
	return len(p), nil
}

// Sync does nothing: a sink has no buffer.
func (s *Sink) Sync() error { return nil }

// Exporter returns a new exporter to the sink. It is not equal to any other.
func (s *Sink) Exporter() sdklog.Exporter { return &exporter{s} }

type exporter struct{ s *Sink }

func (e *exporter) Export(_ context.Context, records []sdklog.Record) error {
	e.s.take(len(records))
	return nil
}

func (*exporter) ForceFlush(context.Context) error { return nil }
func (*exporter) Shutdown(context.Context) error   { return nil }
