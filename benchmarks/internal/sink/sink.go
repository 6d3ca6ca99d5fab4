package sink

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Sink takes records. Its methods are safe for concurrent use; calls are not
// serialised, that is up to who calls.
type Sink struct {
	latency time.Duration
	acked   atomic.Uint64

	mu   sync.Mutex
	gate chan struct{} // nil: open; else closed when it opens
}

// New returns a sink that takes that long for each call of Export or Write.
func New(latency time.Duration) *Sink { return &Sink{latency: latency} }

// Acked returns how many records, or lines, the sink has taken.
func (s *Sink) Acked() uint64 { return s.acked.Load() }

// Block has all calls wait until release is called.
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

// Write takes the lines of p.
func (s *Sink) Write(p []byte) (int, error) {
	s.take(bytes.Count(p, []byte{'\n'}))
	return len(p), nil
}

// Sync does nothing: a sink holds nothing back.
func (s *Sink) Sync() error { return nil }

// Exporter returns one more exporter to the sink, which is not equal to any other.
func (s *Sink) Exporter() sdklog.Exporter { return &exporter{s} }

type exporter struct{ s *Sink }

func (e *exporter) Export(_ context.Context, records []sdklog.Record) error {
	e.s.take(len(records))
	return nil
}

func (*exporter) ForceFlush(context.Context) error { return nil }
func (*exporter) Shutdown(context.Context) error   { return nil }
