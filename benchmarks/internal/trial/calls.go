package trial

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/latency"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/sink"
)

// longestRound bounds a round of those whose calls take long.
const longestRound = 100 * time.Millisecond

// calls measures calls whose records all have room, so that no contender is flattered by
// calls that did not hand a record over. The first half of the duration is for rounds
// of half a queue, between which everything is delivered, without a clock between the
// calls; the second is for calls without an end, in a window of half a queue, with
// a clock between them.
func calls(ctx context.Context, s *Spec) (*Result, error) {
	end := sink.New(s.Latency)
	c, err := pipeline(s, end)
	if err != nil {
		return nil, err
	}
	r := newRounds(s, c)
	if _, _, err := r.run(ctx); err != nil { // warm
		return nil, err
	}
	warmCalls, warmAcked := r.calls, end.Acked()
	var perCall []float64 // by round
	for deadline := time.Now().Add(s.Duration / 2); time.Now().Before(deadline); {
		n, t, err := r.run(ctx)
		if err != nil {
			return nil, err
		}
		perCall = append(perCall, float64(t)/float64(n))
	}
	r.sustained(s.Duration/2, end.Acked)
	if _, err := c.Drain(ctx, r.calls); err != nil {
		return nil, err
	}
	if err := c.Close(ctx); err != nil {
		return nil, err
	}
	return &Result{
		Calls:    r.calls - warmCalls,
		Acked:    end.Acked() - warmAcked,
		PerCall:  median(perCall),
		Latency:  r.summary(),
		Overhead: float64(latency.Overhead()),
	}, nil
}

// median returns the middle one of figures, of which there is at least one.
func median(figures []float64) float64 {
	slices.Sort(figures)
	return figures[len(figures)/2]
}

// rounds are goroutines that make calls together and stop.
type rounds struct {
	c          *contender.Contender
	size       int // calls a round
	clock      latency.Clock
	callers    []func()
	histograms []*latency.Histogram
	stop       atomic.Bool // the round has taken long enough
	calls      uint64      // made in all
}

func newRounds(s *Spec, c *contender.Contender) *rounds {
	r := &rounds{c: c, size: s.Queue / 2, clock: latency.NewClock()}
	for range s.Goroutines {
		r.callers = append(r.callers, c.Caller())
		r.histograms = append(r.histograms, latency.NewHistogram())
	}
	return r
}

// forget empties the histograms.
func (r *rounds) forget() {
	for i := range r.histograms {
		r.histograms[i] = latency.NewHistogram()
	}
}

// stopAfter has the goroutines stop after so long.
func (r *rounds) stopAfter(d time.Duration) *time.Timer {
	r.stop.Store(false)
	return time.AfterFunc(d, func() { r.stop.Store(true) })
}

func (r *rounds) summary() latency.Summary {
	all := latency.NewHistogram()
	for _, h := range r.histograms {
		all.Merge(h)
	}
	return all.Summary()
}

// run makes one round, waits until its records have arrived, and returns how many
// calls were made and how long they took.
func (r *rounds) run(ctx context.Context) (made int, took time.Duration, err error) {
	timer := r.stopAfter(longestRound)
	start := r.clock.Now()
	made = r.each(func(id int) int { return r.plain(id, (r.size+id)/len(r.callers)) }) // the shares add up to size
	took = r.clock.Now() - start
	timer.Stop()
	_, err = r.c.Drain(ctx, r.calls)
	return made, took, err
}

// each has every goroutine make calls, and returns how many they made in all.
func (r *rounds) each(loop func(id int) int) int {
	var total atomic.Int64
	var wg sync.WaitGroup
	for id := range r.callers {
		wg.Go(func() { total.Add(int64(loop(id))) })
	}
	wg.Wait()
	r.calls += uint64(total.Load())
	return int(total.Load())
}

func (r *rounds) plain(id, n int) int {
	call := r.callers[id]
	for i := range n {
		if r.stop.Load() {
			return i
		}
		call()
	}
	return n
}

// sustained makes calls for so long, as many as arrive, and measures each.
func (r *rounds) sustained(d time.Duration, acked func() uint64) {
	before := acked()
	w := &window{size: uint64(r.size), acked: func() uint64 { return acked() - before }}
	r.stopAfter(d)
	r.each(func(id int) int { return r.timed(id, w) })
}

func (r *rounds) timed(id int, w *window) (made int) {
	call, h := r.callers[id], r.histograms[id]
	for w.enter(&r.stop) {
		last := r.clock.Now()
		for range stride {
			call()
			now := r.clock.Now()
			h.Record(now - last)
			last = now
		}
		made += stride
	}
	return made
}
