package backoff

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

var config = Config{InitialInterval: 100 * time.Millisecond, MaxInterval: 5 * time.Second}

// fakeQueue is a queue that is open, closed, or drained.
type fakeQueue struct {
	closed  bool
	drained chan struct{}
}

func (q *fakeQueue) Closed() bool             { return q.closed }
func (q *fakeQueue) Drained() <-chan struct{} { return q.drained }

func newFakeQueue() *fakeQueue { return &fakeQueue{drained: make(chan struct{})} }

// Whatever the configuration, pauses are neither negative nor too long.
func TestPausesAreInRange(t *testing.T) {
	for _, c := range []Config{
		config,
		{InitialInterval: 1, MaxInterval: 1},
		{InitialInterval: 1, MaxInterval: math.MaxInt64},
		{InitialInterval: math.MaxInt64, MaxInterval: math.MaxInt64},
	} {
		p := newPauses(c)
		for range 200 {
			if pause := p.next(); pause < 0 || pause > c.MaxInterval {
				t.Errorf("%+v: a pause of %v", c, pause)
			}
		}
	}
}

// awaited returns how long the exporter waits.
func awaited(e *Exporter, q Queue) time.Duration {
	begun := time.Now()
	e.Await(q)
	return time.Since(begun)
}

func TestExporterPausesWhileAnotherWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, q := NewGroup(config, 2), newFakeQueue()
		e := g.Exporter(0)
		if d := awaited(e, q); d != 0 {
			t.Errorf("waited %v before the first export", d)
		}
		others, degraded := e.Fail(Failure{Scope: ScopeAll})
		if !others || degraded || !e.Failing() || !e.OthersWork() {
			t.Errorf("others work: %t, degraded: %t, failing: %t", others, degraded, e.Failing())
		}
		if d := awaited(e, q); d < 50*time.Millisecond || d > 150*time.Millisecond {
			t.Errorf("waited %v, want about %v", d, config.InitialInterval)
		}
		e.Fail(Failure{Scope: ScopeAll, Hint: time.Minute})
		go func() {
			time.Sleep(time.Second)
			g.Flush()
		}()
		if d := awaited(e, q); d != time.Second {
			t.Errorf("waited %v, want until the flush", d)
		}
		e.Fail(Failure{Scope: ScopeAll, Hint: time.Minute, LastAttempt: time.Now().Add(2 * time.Second)})
		if d := awaited(e, q); d != 2*time.Second {
			t.Errorf("waited %v, want until the last attempt", d)
		}
		e.Fail(Failure{Scope: ScopeNone})
		if d := awaited(e, q); d != 0 {
			t.Errorf("waited %v for a receiver that is there", d)
		}
		if since := e.Succeed(); !since.IsZero() || e.Failing() {
			t.Errorf("degraded since %v, failing: %t", since, e.Failing())
		}
	})
}

func TestExportersTakeTurnsWhenNoneWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 3
		g, q := NewGroup(config, n), newFakeQueue()
		turns := make(chan int)
		var begun time.Time
		for i := range n {
			e := g.Exporter(i)
			e.Fail(Failure{Scope: ScopeAll})
			go func() {
				for range 3 {
					e.Await(q)
					e.Begin(time.Second)
					turns <- i
					e.End()
					e.Fail(Failure{Scope: ScopeAll})
				}
			}()
		}
		if since, failures := g.State(); since.IsZero() || failures != n || !g.Degraded() {
			t.Errorf("degraded since %v after %d failures", since, failures)
		}
		begun = time.Now()
		var seen [n]int
		for range n * 3 {
			seen[<-turns]++
			if most := seen[0]; seen[1] > most+1 || seen[2] > most+1 || most > seen[1]+1 {
				t.Errorf("turns %v are not taken in turn", seen)
			}
		}
		if took := time.Since(begun); took < time.Second {
			t.Errorf("%d turns in %v, want a pause before each", n*3, took)
		}
		synctest.Wait()
		if since := g.Exporter(1).Succeed(); !since.Equal(begun) || g.Degraded() {
			t.Errorf("degraded since %v, want %v", since, begun)
		}
	})
}

// An exporter that does not return by its deadline loses its turn.
func TestOverdueExporterLosesItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, q := NewGroup(config, 2), newFakeQueue()
		a, b := g.Exporter(0), g.Exporter(1)
		a.Fail(Failure{Scope: ScopeNone})
		b.Fail(Failure{Scope: ScopeNone})
		a.Await(q)
		a.Begin(time.Minute)
		if d, want := awaited(b, q), time.Minute+maxOverrun; d != want {
			t.Errorf("waited %v, want %v", d, want)
		}
	})
}

func TestAwaitEndsWithTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, q := NewGroup(config, 1), newFakeQueue()
		e := g.Exporter(0)
		e.Fail(Failure{Scope: ScopeAll, Hint: time.Hour})
		go func() {
			time.Sleep(time.Second)
			close(q.drained)
		}()
		if d := awaited(e, q); d != time.Second {
			t.Errorf("waited %v, want until the queue is drained", d)
		}
		q.closed = true
		if d := awaited(e, newFakeQueue()); d == 0 {
			t.Error("did not wait for a queue that is open")
		}
		e.Fail(Failure{Scope: ScopeAll, Hint: time.Hour})
		if d := awaited(e, q); d != 0 {
			t.Errorf("waited %v for a queue that is closed", d)
		}
		e.Fail(Failure{Scope: ScopeAll, Hint: time.Hour})
		e.EndPause()
		if d := awaited(e, newFakeQueue()); d != 0 {
			t.Errorf("waited %v after the end of the pause", d)
		}
	})
}
