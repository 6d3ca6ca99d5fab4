package processor

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// emitted is a call of OnEmit on a goroutine of its own.
type emitted struct {
	done chan struct{}
	took time.Duration
}

func goEmit(p *Processor, s log.Severity, body string) *emitted {
	c := &emitted{done: make(chan struct{})}
	go func() {
		defer close(c.done)
		began := time.Now()
		emit(p, s, body)
		c.took = time.Since(began)
	}()
	return c
}

func (c *emitted) returned() bool {
	synctest.Wait()
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func TestBlockWaitsExactlyMaxWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const maxWait = 3 * time.Second
		p, e, release := blocked(t, 4, 2, WithOverflow(Block(maxWait)))
		began := time.Now()
		emit(p, log.SeverityInfo, bodyRange(2, 6)...)
		if took := time.Since(began); took != 0 {
			t.Errorf("%v with capacity in the queue, want no wait", took)
		}
		for range 2 {
			c := goEmit(p, log.SeverityWarn, "late")
			time.Sleep(maxWait - 1)
			if c.returned() {
				t.Fatalf("returned after %v", c.took)
			}
			if s := p.Stats(); s.Emitted != 6+s.DroppedTotal() || !s.Balanced() {
				t.Errorf("%+v while a caller waits: its record is not in the ledger before the queue accepts it", s)
			}
			time.Sleep(1 * time.Nanosecond)
			if !c.returned() || c.took != maxWait {
				t.Fatalf("took %v, want %v", c.took, maxWait)
			}
		}
		wantDropped(t, p, Drop{ReasonQueueFull, log.SeverityWarn, 2})
		release()
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wantBodies(t, e, bodyRange(0, 6))
	})
}

func TestBlockOfNothingDropsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _, release := blocked(t, 4, 2, WithOverflow(Block(0)))
		defer release()
		began := time.Now()
		emit(p, log.SeverityInfo, bodyRange(2, 7)...)
		if took := time.Since(began); took != 0 {
			t.Errorf("took %v", took)
		}
		wantDropped(t, p, Drop{ReasonQueueFull, log.SeverityInfo, 1})
	})
}

func TestBlockEndsAsSoonAsThereIsCapacity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, e, release := blocked(t, 4, 2, WithOverflow(Block(time.Minute)))
		emit(p, log.SeverityInfo, bodyRange(2, 6)...)
		// They come one after the other, and are accepted in that order.
		var calls []*emitted
		for i := 6; i < 9; i++ {
			calls = append(calls, goEmit(p, log.SeverityInfo, body(i)))
			synctest.Wait()
		}
		time.Sleep(7 * time.Second)
		hold := e.Block() // for the next batch
		release()
		for i, c := range calls[:2] {
			if !c.returned() || c.took != 7*time.Second {
				t.Errorf("call %d returned %t after %v, want after 7s", i, c.returned(), c.took)
			}
		}
		if calls[2].returned() {
			t.Error("the third call has a place, and there are two")
		}
		if s := p.Stats(); s.Queued != 4 {
			t.Errorf("%d queued, want 4", s.Queued)
		}
		hold()
		if !calls[2].returned() || calls[2].took != 7*time.Second {
			t.Errorf("the third call took %v, want 7s", calls[2].took)
		}
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wantBodies(t, e, bodyRange(0, 9))
		wantDropped(t, p)
	})
}

// A caller whose time is up leaves the line and does not block those behind it.
func TestBlockedCallersBehindOneThatGaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, e, release := blocked(t, 2, 2, WithOverflow(Block(10*time.Second)))
		emit(p, log.SeverityInfo, bodyRange(2, 4)...)
		first := goEmit(p, log.SeverityInfo, "gives up")
		synctest.Wait()
		time.Sleep(5 * time.Second)
		second := goEmit(p, log.SeverityInfo, body(4))
		synctest.Wait()
		time.Sleep(5 * time.Second)
		if !first.returned() || first.took != 10*time.Second || second.returned() {
			t.Fatalf("first took %v, second returned %t", first.took, second.returned())
		}
		release()
		if !second.returned() || second.took != 5*time.Second {
			t.Errorf("second took %v, want 5s", second.took)
		}
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wantBodies(t, e, bodyRange(0, 5))
		wantDropped(t, p, Drop{ReasonQueueFull, log.SeverityInfo, 1})
	})
}

func TestBlockReturnsWhenShutdownBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, e, release := blocked(t, 4, 2, WithOverflow(Block(time.Hour)), WithFallback(nil))
		emit(p, log.SeverityInfo, bodyRange(2, 6)...)
		var calls []*emitted
		for range 10 {
			calls = append(calls, goEmit(p, log.SeverityError, "late"))
		}
		synctest.Wait()
		time.Sleep(time.Second)
		down := make(chan error, 1)
		go func() { down <- p.Shutdown(context.Background()) }()
		for _, c := range calls {
			if !c.returned() || c.took != time.Second {
				t.Errorf("returned %t after %v, want after 1s", c.returned(), c.took)
			}
		}
		if len(down) > 0 {
			t.Error("Shutdown has not waited for the exporter")
		}
		release()
		if err := <-down; err != nil {
			t.Error(err)
		}
		wantBodies(t, e, bodyRange(0, 6))
		wantDropped(t, p, Drop{ReasonQueueFull, log.SeverityError, 10})

		began := time.Now()
		emit(p, log.SeverityInfo, "after")
		if took := time.Since(began); took != 0 {
			t.Errorf("OnEmit after Shutdown took %v", took)
		}
	})
}

// With a long enough limit, nothing is lost to a slow exporter.
func TestBlockLosesNothingConcurrentSafe(t *testing.T) {
	const goroutines, each = 16, 100
	e, other := exportertest.New(), exportertest.New()
	p := start(t, e, WithExporters(other), WithOverflow(Block(time.Minute)), WithMaxQueueSize(8), WithExportMaxBatchSize(3))
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				emit(p, log.SeverityInfo, body(g*each+i))
			}
		})
	}
	wg.Wait()
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	got := append(e.Bodies(), other.Bodies()...)
	slices.Sort(got)
	want := bodyRange(0, goroutines*each)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d records exported, want %d, each once", len(got), len(want))
	}
}
