package processor

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// A flush cuts the pause short. If the receiver is still away the flush returns that at
// once, and everything goes on waiting; if it is back everything is exported.
func TestFlushInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var r receiver
		r.is(errAway)
		e := r.exporter()
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(10))
		emit(p, log.SeverityInfo, bodyRange(0, 55)...)
		time.Sleep(time.Minute)
		for range 5 {
			before, begun := e.Exports(), time.Now()
			if err := p.ForceFlush(context.Background()); !errors.Is(err, errAway) {
				t.Errorf("flush returns %v, want %v", err, errAway)
			}
			if took := time.Since(begun); took != 0 {
				t.Errorf("flush took %v", took)
			}
			synctest.Wait()
			if got := e.Exports() - before; got != 1 {
				t.Errorf("%d exports, want one: what is behind is for the same receiver", got)
			}
			if s := p.Stats(); s.Queued != 55 || s.DroppedTotal() != 0 {
				t.Errorf("%+v, want all kept", s)
			}
		}
		// And it pauses as before.
		before := e.Exports()
		time.Sleep(10 * time.Second)
		if got := e.Exports() - before; got > 10 {
			t.Errorf("%d exports in ten seconds", got)
		}

		r.is(nil)
		begun := time.Now()
		if err := p.ForceFlush(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("flush took %v", took)
		}
		wantBodies(t, e, bodyRange(0, 55))
	})
}

// With an unknown error the flush waits until the batch is lost or exported, which takes
// no pause.
func TestFlushOfUnknownErrors(t *testing.T) {
	for fails, want := range map[int]uint64{1: 0, 2: 0, 3: 1} {
		t.Run(fmt.Sprint(fails), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				e := exportertest.New()
				e.FailNext(fails, errStrange)
				p := start(t, e, WithFallback(nil), WithExportInterval(time.Hour))
				emit(p, log.SeverityInfo, "a")
				begun := time.Now()
				if err := p.ForceFlush(t.Context()); (err != nil) != (want > 0) || err != nil && !errors.Is(err, errStrange) {
					t.Errorf("flush returns %v", err)
				}
				if took := time.Since(begun); took != 0 {
					t.Errorf("flush took %v", took)
				}
				if s := p.Stats(); s.DroppedTotal() != want || s.Exported != 1-want {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// A flush whose context ends during an attempt returns, and nothing changes.
func TestFlushInAnOutageWithADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New(exportertest.WithDelay(time.Minute))
		p := start(t, e, WithFallback(nil), WithExportInterval(time.Hour), WithExportTimeout(10*time.Second))
		emit(p, log.SeverityInfo, "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.ForceFlush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("flush returns %v", err)
		}
		// Without a deadline it ends with the attempt.
		begun := time.Now()
		if err := p.ForceFlush(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("flush returns %v", err)
		}
		if took := time.Since(begun); took != 9*time.Second {
			t.Errorf("flush took %v, want the rest of the attempt", took)
		}
		e.SetDelay(0)
	})
}

// With several exporters of which some work, a flush does not fail because of the others.
func TestFlushWithOneExporterThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		all := []*exportertest.Exporter{failing(errAway), exportertest.New(exportertest.WithDelay(time.Second)), failing(errAway)}
		p := startWith(t, all, WithExportMaxBatchSize(5), WithExportInterval(time.Hour))
		for round := range 10 {
			emit(p, log.SeverityInfo, bodyRange(20*round, 20*round+20)...)
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
			if s := p.Stats(); s.Exported != uint64(20*round+20) {
				t.Errorf("%+v in round %d", s, round)
			}
		}
		wantEachOnce(t, all, bodyRange(0, 200))
	})
}

// One exporter fails and the other never returns: the flush does not wait for the
// retries. (It waits for the turn to flush the exporter that hangs, until its context
// ends.)
func TestFlushWithOneExporterThatHangsAndOneThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		all := []*exportertest.Exporter{exportertest.New(exportertest.WithDeafness()), failing(errAway)}
		release := all[0].Block()
		p := startWith(t, all, WithExportMaxBatchSize(1), WithExportTimeout(10*time.Second))
		emit(p, log.SeverityInfo, "a", "b")
		synctest.Wait()
		emit(p, log.SeverityInfo, "c")
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.ForceFlush(ctx); !errors.Is(err, errAway) {
			t.Errorf("flush returns %v", err)
		}
		if s := p.Stats(); !s.Degraded {
			t.Errorf("%+v, want it degraded: one fails, and one is overdue", s)
		}
		release()
	})
}
