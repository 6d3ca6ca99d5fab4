package ratelimit

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A caller that asks a little less often than the limiter is refilled gets all that is
// due.
func TestLimiterKeepsTheRate(t *testing.T) {
	l := New(10, 1, 100*time.Millisecond)
	start := time.Now()
	allowed := 0
	for at := time.Duration(0); at < time.Minute; at += 60 * time.Millisecond {
		if l.Allow(start.Add(at)) {
			allowed++
		}
	}
	if want := 10 + 599; allowed != want {
		t.Errorf("%d in a minute, want %d", allowed, want)
	}
}

func TestLimiter(t *testing.T) {
	const ms = time.Millisecond
	type calls struct {
		at      time.Duration
		n, want int
	}
	for _, tc := range []struct {
		name          string
		burst, refill int
		calls         []calls
	}{
		{"one per interval", 3, 1, []calls{{0, 5, 3}, {99 * ms, 1, 0}, {100 * ms, 2, 1}, {350 * ms, 5, 2}, {400 * ms, 5, 1}}},
		{"quiet times are saved up", 3, 1, []calls{{0, 3, 3}, {1000 * ms, 5, 3}, {1099 * ms, 1, 0}, {1100 * ms, 2, 1}}},
		{"a window begins with its first event", 3, 3, []calls{{0, 5, 3}, {99 * ms, 5, 0}, {150 * ms, 5, 3}, {249 * ms, 1, 0}, {250 * ms, 5, 3}}},
		{"unused events of a window are not saved up", 3, 3, []calls{{0, 1, 1}, {99 * ms, 1, 1}, {250 * ms, 5, 3}, {300 * ms, 5, 0}}},
		{"a long time", 3, 1, []calls{{0, 5, 3}, {math.MaxInt64, 5, 3}}},
		{"a clock that goes back", 3, 1, []calls{{1000 * ms, 2, 2}, {0, 5, 1}, {1100 * ms, 5, 1}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := New(tc.burst, tc.refill, 100*ms)
			start := time.Now()
			for _, c := range tc.calls {
				got := 0
				for range c.n {
					if l.Allow(start.Add(c.at)) {
						got++
					}
				}
				if got != c.want {
					t.Errorf("%d of %d allowed after %v, want %d", got, c.n, c.at, c.want)
				}
			}
		})
	}
}

func TestLimiterConcurrentSafe(t *testing.T) {
	l := New(50, 1, time.Hour)
	now := time.Now()
	var allowed atomic.Int64
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 100 {
				if l.Allow(now) {
					allowed.Add(1)
				}
			}
		})
	}
	callers.Wait()
	if got := allowed.Load(); got != 50 {
		t.Errorf("%d allowed, want 50", got)
	}
}
