package trial

import (
	"context"
	"runtime"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/latency"
)

// deliver measures how many records arrive and how much processor time and memory the
// whole process takes for that, from the first call until the last record has arrived.
// A fifth of the duration before that is for warming up.
func deliver(ctx context.Context, s *Spec) (*Result, error) {
	end, err := newDestination(ctx, s)
	if err != nil {
		return nil, err
	}
	c, err := end.pipeline(s)
	if err != nil {
		return nil, err
	}
	r := newRounds(s, c)
	if _, _, err := r.load(ctx, s, s.Duration/5, end.acked); err != nil {
		return nil, err
	}
	r.resetHistograms()
	callsBefore, ackedBefore := r.calls, end.acked()
	var memBefore, memAfter runtime.MemStats
	runtime.ReadMemStats(&memBefore)
	cpu, start := processTime(), time.Now()
	returned, last, err := r.load(ctx, s, s.Duration, end.acked)
	if err != nil {
		return nil, err
	}
	cpu = processTime() - cpu
	runtime.ReadMemStats(&memAfter)
	result := &Result{
		Calls:    r.calls - callsBefore,
		Acked:    end.acked() - ackedBefore,
		Latency:  r.summary(),
		Overhead: float64(latency.Overhead()),
		Calling:  float64(returned.Sub(start)),
		Elapsed:  float64(last.Sub(start)),
		CPU:      float64(cpu),
		Allocs:   float64(memAfter.Mallocs - memBefore.Mallocs),
		Bytes:    float64(memAfter.TotalAlloc - memBefore.TotalAlloc),
	}
	if err := c.Close(ctx); err != nil {
		return nil, err
	}
	return result, end.close(ctx)
}

// load makes calls for d and waits until their records have arrived or are lost. It
// returns the time at which the last call returned and the time at which the last record
// arrived.
func (r *rounds) load(ctx context.Context, s *Spec, d time.Duration, acked func() uint64) (returned, arrived time.Time, err error) {
	switch s.Load {
	case Window:
		r.sustained(d, acked)
	case Paced:
		r.stopAfter(d)
		r.each(func(id int) int { return r.paced(id, s.Rate/s.Goroutines) })
	default:
		r.stopAfter(d)
		r.each(func(id int) int { return int(r.untilStopped(id, 0)) })
	}
	returned = time.Now()
	arrived, err = r.c.Drain(ctx, r.calls)
	return returned, arrived, err
}

// paced makes rate calls a second, in bursts once a millisecond. If it falls behind, it
// makes the missing calls later.
func (r *rounds) paced(id, rate int) (made int) {
	call, h := r.callers[id], r.histograms[id]
	start := r.clock.Now()
	for !r.stop.Load() {
		last := r.clock.Now()
		for due := int(float64(rate) * (last - start).Seconds()); made < due && !r.stop.Load(); made++ {
			call()
			now := r.clock.Now()
			h.Record(now - last)
			last = now
		}
		time.Sleep(time.Millisecond)
	}
	return made
}
