//go:build !race

package benchmarks

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/sink"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

// The guard fails if asynclog becomes much slower or takes much more memory than now. It
// measures allocations, and ratios to the SDK's batch processor in the same process. The
// bounds are two to four times the values of a quiet machine. Other load on the machine
// disturbs both processors, and does not fail the guard.

const (
	guardQueue = 1 << 15
	guardRound = guardQueue / 4 // calls; few enough that none is lost
	guardPairs = 15
	guardTries = 8
)

// subject is a contender in a test of the guard.
type subject struct {
	*contender.Contender

	calls uint64
}

func newSubject(t *testing.T, name string, level contender.Level, queue int, end *sink.Sink) *subject {
	t.Helper()
	c, err := contender.New(name, contender.Config{
		Level: level, Queue: queue, Exporters: []sdklog.Exporter{end.Exporter()}, Acked: end.Acked,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &subject{Contender: c}
}

// round makes guardRound calls and returns how long they took.
func (s *subject) round(goroutines int) time.Duration {
	callers := make([]func(), goroutines)
	for i := range callers {
		callers[i] = s.Caller()
	}
	start := time.Now()
	var wg sync.WaitGroup
	for i, call := range callers {
		wg.Go(func() {
			for range (guardRound + i) / goroutines {
				call()
			}
		})
	}
	wg.Wait()
	s.calls += guardRound
	return time.Since(start)
}

func (s *subject) drain(t *testing.T) {
	t.Helper()
	if _, err := s.Drain(t.Context(), s.calls); err != nil {
		t.Fatal(err)
	}
}

// medianRatio returns the median of the ratios of rounds that follow each other.
func medianRatio(t *testing.T, own, rival *subject, goroutines int, drained bool) float64 {
	t.Helper()
	both := []*subject{own, rival}
	var ratios []float64
	for range guardPairs {
		took := make(map[*subject]time.Duration)
		for _, s := range both {
			took[s] = s.round(goroutines)
			if drained {
				s.drain(t)
			}
		}
		ratios = append(ratios, float64(took[own])/float64(took[rival]))
		slices.Reverse(both)
	}
	slices.Sort(ratios)
	return ratios[guardPairs/2]
}

// atMost fails unless at lowest one of guardTries measurements is within the bound.
func atMost(t *testing.T, bound float64, measure func() float64) {
	t.Helper()
	lowest := measure()
	for try := 1; lowest > bound && try < guardTries; try++ {
		lowest = min(lowest, measure())
	}
	t.Logf("ratio %.2f, at most %.2f is allowed", lowest, bound)
	if lowest > bound {
		t.Errorf("the best ratio to the SDK is %.2f in %d tries, at most %.2f is allowed", lowest, guardTries, bound)
	}
}

// TestGuardHandOver: OnEmit, with a live exporter and no record lost.
func TestGuardHandOver(t *testing.T) {
	for _, g := range []struct {
		goroutines int
		bound      float64
	}{{1, 0.9}, {8, 0.9}, {64, 0.9}} {
		t.Run(fmt.Sprintf("goroutines=%d", g.goroutines), func(t *testing.T) {
			own := newSubject(t, contender.Asynclog, contender.HandOver, guardQueue, sink.New(0))
			rival := newSubject(t, contender.SDK, contender.HandOver, guardQueue, sink.New(0))
			atMost(t, g.bound, func() float64 { return medianRatio(t, own, rival, g.goroutines, true) })
		})
	}
}

// TestGuardDisplace: OnEmit to a full queue from which nothing is exported, so that each
// record displaces the oldest one.
func TestGuardDisplace(t *testing.T) {
	end := sink.New(0)
	release := end.Block()
	own := newSubject(t, contender.AsynclogOldest, contender.HandOver, 2048, end)
	rival := newSubject(t, contender.SDK, contender.HandOver, 2048, end)
	t.Cleanup(release) // runs before the processors are closed
	atMost(t, 1.5, func() float64 { return medianRatio(t, own, rival, 1, false) })
}

// TestGuardAllocations: a hand-over allocates nothing, and a log call allocates no more
// than a log call through otelslog to the SDK.
func TestGuardAllocations(t *testing.T) {
	allocations := func(name string, level contender.Level) float64 {
		s := newSubject(t, name, level, guardQueue, sink.New(0))
		s.round(1) // makes the allocations that happen once
		s.drain(t)
		call := s.Caller()
		const calls = 4096
		n := testing.AllocsPerRun(3, func() {
			for range calls {
				call()
			}
			s.calls += calls
			s.drain(t)
		})
		return n / calls
	}
	// Each export allocates a little, once a batch.
	if n := allocations(contender.Asynclog, contender.HandOver); n > 0.1 {
		t.Errorf("%.2f allocations a hand-over", n)
	}
	own, rival := allocations(contender.Asynclog, contender.LogCall), allocations(contender.SDK, contender.LogCall)
	if own > rival+0.1 {
		t.Errorf("%.2f allocations a log call, %.2f with otelslog and the SDK", own, rival)
	}
}

// TestGuardIdle: an idle pipeline with capacity for 50,000 records takes a fraction of the
// memory of the SDK's pipeline.
func TestGuardIdle(t *testing.T) {
	idle := func(name string) float64 {
		before := trial.Heap()
		s := newSubject(t, name, contender.HandOver, 50_000, sink.New(0))
		s.drain(t)
		held := trial.Heap() - before
		runtime.KeepAlive(s)
		return held
	}
	own, rival := idle(contender.Asynclog), idle(contender.SDK)
	if own > rival/10 {
		t.Errorf("an idle pipeline holds %.0f KiB, the SDK's %.0f KiB", own/1024, rival/1024)
	}
}
