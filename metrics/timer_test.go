package metrics_test

import (
	"context"
	"maps"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunchwrapper/asynclog/metrics"
)

func TestSecondStopRecordsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, reader := start(t)
		timer := m.Start(t.Context(), "parse")
		same := timer
		time.Sleep(time.Second)
		if d := timer.Stop(); d != time.Second {
			t.Errorf("Stop = %v", d)
		}
		time.Sleep(time.Second)
		// Other timers get the slot. The old timers must not stop them.
		for range 100 {
			next := m.Start(t.Context(), "next")
			if d := same.StopErr(errBroken) + timer.Stop(); d != 0 {
				t.Fatalf("a stopped timer was stopped again: %v", d)
			}
			time.Sleep(time.Millisecond)
			if d := next.Stop(); d != time.Millisecond {
				t.Fatalf("Stop = %v, want 1ms", d)
			}
		}
		if got, want := counts(t, reader), (map[point]uint64{{"parse", ""}: 1, {"next", ""}: 100}); !maps.Equal(got, want) {
			t.Errorf("histogram %v, want %v", got, want)
		}
		if s := m.Stats()["parse"]; s.Count != 1 || s.Failures != 0 || s.Max != time.Second {
			t.Errorf("statistics %+v", s)
		}
	})
}

func TestTimersNest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := start(t)
		outer := m.Start(t.Context(), "outer")
		time.Sleep(time.Second)
		for range 3 {
			inner := m.Start(outer.Context(), "inner")
			time.Sleep(time.Second)
			inner.Stop()
		}
		again := m.Start(outer.Context(), "outer") // of the same name
		time.Sleep(time.Second)
		again.Stop()
		outer.Stop()

		stats := m.Stats()
		if s := stats["inner"]; s.Count != 3 || s.Mean != time.Second {
			t.Errorf("inner %+v", s)
		}
		if s := stats["outer"]; s.Count != 2 || s.Min != time.Second || s.Max != 5*time.Second {
			t.Errorf("outer %+v", s)
		}
	})
}

func TestStopOnAnotherGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := start(t)
		timers := make(chan metrics.Timer)
		go func() {
			for timer := range timers {
				time.Sleep(time.Minute)
				timer.Stop()
			}
		}()
		for range 10 {
			timers <- m.Start(t.Context(), "handed over")
		}
		close(timers)
		synctest.Wait()
		time.Sleep(time.Hour)
		// Each timer but the first is started while the one before runs.
		if s := m.Stats()["handed over"]; s.Count != 10 || s.Min != time.Minute {
			t.Errorf("%+v", s)
		}
	})
}

// Of many goroutines that stop a timer at the same time one records it, and a slot
// that is used again is in one running timer only.
func TestStopConcurrentSafe(t *testing.T) {
	m, reader := start(t)
	const goroutines, rounds = 8, 300
	var wins atomic.Int64
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range rounds {
				timer := m.Start(context.Background(), "contested")
				time.Sleep(time.Nanosecond) // so that the duration of a stop that records is not 0
				var stops sync.WaitGroup
				for i := range 3 {
					stops.Go(func() {
						var d time.Duration
						if i == 0 {
							d = timer.StopErr(errBroken)
						} else {
							d = timer.Stop()
						}
						if d > 0 {
							wins.Add(1)
						}
					})
				}
				own := m.Start(context.Background(), "own")
				stops.Wait()
				own.Stop()
				own.Stop()
			}
		})
	}
	wg.Wait()
	const want = goroutines * rounds
	got := counts(t, reader)
	contested := got[point{"contested", ""}] + got[point{"contested", "*errors.errorString"}]
	if wins.Load() != want || contested != want || got[point{"own", ""}] != want {
		t.Errorf("%d wins, histogram %v, want %d each", wins.Load(), got, want)
	}
	stats := m.Stats()
	if s := stats["contested"]; s.Count != want || s.Failures != got[point{"contested", "*errors.errorString"}] {
		t.Errorf("statistics %+v", s)
	}
	if s := stats["own"]; s.Count != want || s.Failures != 0 {
		t.Errorf("statistics %+v", s)
	}
}

// Nothing keeps a timer that is never stopped.
func TestLeakedTimersAreCollected(t *testing.T) {
	m, _ := start(t)
	type payload struct{ _ [1 << 16]byte }
	type key struct{}
	var collected atomic.Int64
	const leaked = 100
	for range leaked {
		p := new(payload)
		runtime.AddCleanup(p, func(*atomic.Int64) { collected.Add(1) }, &collected)
		m.Start(context.WithValue(context.Background(), key{}, p), "leaked")
	}
	for deadline := time.Now().Add(10 * time.Second); collected.Load() < leaked-1 && time.Now().Before(deadline); {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	// The last one may still be on the stack.
	if n := collected.Load(); n < leaked-1 {
		t.Errorf("%d of %d leaked timers were collected", n, leaked)
	}
	if _, ok := m.Stats()["leaked"]; ok {
		t.Error("an operation that never ended has statistics")
	}
	runtime.KeepAlive(m)
}

func TestTimingDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("sync.Pool allocates under the race detector")
	}
	m, _ := start(t, metrics.WithMaxOperations(2))
	ctx := t.Context()
	names := []string{"parse", "store", "excess"}
	f := func(context.Context) error { return nil }
	for range 2_000 { // the window grows as it is filled
		for _, n := range names {
			m.Start(ctx, n).Stop()
		}
	}
	for name, timing := range map[string]func(){
		"Stop":    func() { m.Start(ctx, "parse").Stop() },
		"StopErr": func() { m.Start(ctx, "parse").StopErr(nil) },
		"nested": func() {
			outer := m.Start(ctx, "parse")
			m.Start(outer.Context(), "store").Stop()
			outer.Stop()
		},
		"Time":     func() { _ = m.Time(ctx, "parse", f) },
		"overflow": func() { m.Start(ctx, "excess").Stop() },
	} {
		if n := testing.AllocsPerRun(1000, timing); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
