package processor

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/backoff"
)

// The SDK reports invalid environment variables to the error handler whenever the
// processor makes a record of its own. The goroutine that has the turn to export does not
// wait for a handler that logs, and a handler that panics affects neither a worker nor a
// caller.
func TestOutageUnderAnErrorHandler(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "not a pair")
	for name, opts := range modes {
		for how, handle := range map[string]func(p *Processor){
			"logs":   func(p *Processor) { emit(p, log.SeverityInfo, "handled") },
			"panics": func(*Processor) { panic("handler") },
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var p atomic.Pointer[Processor]
					handleErrors(t, func(err error) {
						if strings.Contains(err.Error(), "missing value") {
							handle(p.Load())
						}
					})
					var lines lineLog
					p.Store(start(t, failing(errAway), append(opts, WithFallback(&lines))...))
					for i := range 5 {
						begun := time.Now()
						emit(p.Load(), log.SeverityInfo, body(i))
						if took := time.Since(begun); took != 0 {
							t.Errorf("a call took %v", took)
						}
						time.Sleep(time.Minute)
					}
					if !p.Load().Stats().Degraded {
						t.Errorf("not degraded: %+v", p.Load().Stats())
					}
				})
			})
		}
	}
}

// The same for a gap record.
func TestGapUnderAnErrorHandler(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "not a pair")
	for _, name := range []string{"panics", "blocks"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				held := make(chan struct{})
				handleErrors(t, func(error) {
					if name == "panics" {
						panic("handler")
					}
					<-held
				})
				defer close(held)
				e := exportertest.New()
				e.FailNext(1, errDenied)
				p := start(t, e, WithFallback(nil), WithGapRecords(true))
				emit(p, log.SeverityInfo, "lost")
				_ = p.ForceFlush(t.Context())
				emit(p, log.SeverityInfo, "0")
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if err := p.ForceFlush(ctx); err != nil {
					t.Errorf("flush returns %v", err)
				}
				wantBodies(t, e, []string{"0"})
			})
		})
	}
}

// The lines of the fallback have the order of the transitions, though exporters return at
// the same time.
func TestTransitionLinesConcurrentSafe(t *testing.T) {
	captureErrors(t)
	var lines lineLog
	p := start(t, exportertest.New(), WithExporters(exportertest.New()), WithFallback(&lines))
	a, b := p.exporters[0], p.exporters[1]
	for range 500 {
		p.exportFailed(a, backoff.Failure{}, errAway)
		p.exportFailed(b, backoff.Failure{}, errAway)
		var wg sync.WaitGroup
		wg.Go(func() { p.exportFailed(a, backoff.Failure{}, errAway) })
		wg.Go(func() { p.exportSucceeded(b) })
		wg.Wait()
		p.exportSucceeded(a)
		p.fallback.Drain(t.Context())
	}
	next := degradedEvent
	for _, l := range lines.lines(t, true) {
		if l.EventName != next {
			t.Fatalf("%s, want %s", l.EventName, next)
		}
		if next = recoveredEvent; l.EventName == recoveredEvent {
			next = degradedEvent
		}
	}
}
