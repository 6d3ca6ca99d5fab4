package trial

import (
	"context"
	"sync"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/latency"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/sink"
)

// blocked measures calls while the sink accepts nothing. The first half of the duration
// fills the queue. After that each call that returns is measured. Calls of a contender
// that makes its callers wait return when the sink is released, at the end.
func blocked(ctx context.Context, s *Spec) (*Result, error) {
	end := sink.New(s.Latency)
	release := end.Block()
	c, err := pipeline(s, end)
	if err != nil {
		return nil, err
	}
	r := newRounds(s, c)
	made := make([]uint64, s.Goroutines)
	var wg sync.WaitGroup
	full := r.clock.Now() + s.Duration/2
	for id := range r.callers {
		wg.Go(func() { made[id] = r.untilStopped(id, full) })
	}
	time.Sleep(s.Duration)
	measured := r.clock.Now() - full
	r.stop.Store(true)
	release()
	wg.Wait()
	for _, n := range made {
		r.calls += n
	}
	if _, err := c.Drain(ctx, r.calls); err != nil {
		return nil, err
	}
	if err := c.Close(ctx); err != nil {
		return nil, err
	}
	summary := r.summary()
	return &Result{
		Calls:    r.calls,
		Acked:    end.Acked(),
		PerCall:  float64(measured) / float64(max(1, summary.Count)),
		Latency:  summary,
		Overhead: float64(latency.Overhead()),
	}, nil
}

// untilStopped makes calls until it is stopped, and measures those that return after the
// given time.
func (r *rounds) untilStopped(id int, after time.Duration) (made uint64) {
	call, h := r.callers[id], r.histograms[id]
	last := r.clock.Now()
	for !r.stop.Load() {
		call()
		now := r.clock.Now()
		if now >= after {
			h.Record(now - last)
		}
		last = now
		made++
	}
	return made
}
