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

// longestRound bounds the duration of a round if calls take long.
const longestRound = 100 * time.Millisecond

// calls measures calls while the queue has space for every record, so that no contender
// benefits from calls that did not hand a record over. The first half of the duration has
// rounds of half a queue, without a clock between the calls; everything is delivered
// between two rounds. The second half has continuous calls, with a clock between them, and
// at most half a queue of records in transit.
func calls(ctx context.Context, s *Spec) (*Result, error) {
	end := sink.New(s.Latency)
	c, err := pipeline(s, end)
	if err != nil {
		return nil, err
	}
	r := newRounds(s, c)
	if _, _, err := r.run(ctx); err != nil { // warm up
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

// median returns the median of at least one figure.
func median(figures []float64) float64 {
	slices.Sort(figures)
	return figures[len(figures)/2]
}

// rounds makes calls on several goroutines at once, a round at a time.
type rounds struct {
	c          *contender.Contender
	size       int // calls a round
	clock      latency.Clock
	callers    []func()
	histograms []*latency.Histogram
	stop       atomic.Bool // the goroutines must stop
	calls      uint64      // total calls made
}

func newRounds(s *Spec, c *contender.Contender) *rounds {
	r := &rounds{c: c, size: s.Queue / 2, clock: latency.NewClock()}
	for range s.Goroutines {
		r.callers = append(r.callers, c.Caller())
		r.histograms = append(r.histograms, latency.NewHistogram())
	}
	return r
}

// resetHistograms empties the histograms.
func (r *rounds) resetHistograms() {
	for i := range r.histograms {
		r.histograms[i] = latency.NewHistogram()
	}
}

// stopAfter stops the goroutines after d.
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

// run makes one round and waits until its records have arrived. It returns how many calls
// were made and how long they took.
func (r *rounds) run(ctx context.Context) (made int, took time.Duration, err error) {
	timer := r.stopAfter(longestRound)
	start := r.clock.Now()
	made = r.each(func(id int) int { return r.untimed(id, (r.size+id)/len(r.callers)) }) // the shares add up to size
	took = r.clock.Now() - start
	timer.Stop()
	_, err = r.c.Drain(ctx, r.calls)
	return made, took, err
}

// each runs loop on every goroutine and returns the total number of calls made.
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

func (r *rounds) untimed(id, n int) int {
	call := r.callers[id]
	for i := range n {
		if r.stop.Load() {
			return i
		}
		call()
	}
	return n
}

// sustained makes calls for d, at the rate at which their records arrive, and measures
// each call.
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
