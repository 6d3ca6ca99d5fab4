package processor

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

func TestSynchronousShutdownWaitsForTheExportUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDelay(3 * time.Second))
		p := start(t, e, WithSynchronous())
		c := goEmit(p, log.SeverityInfo, "a")
		synctest.Wait()
		began := time.Now()
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("took %v, want 3s", took)
		}
		if !c.returned() {
			t.Error("OnEmit has not returned")
		}
		wantBodies(t, e, []string{"a"})
	})
}

// Callers that wait for their turn do not get it any more.
func TestSynchronousShutdownSendsTheWaitingAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDelay(3 * time.Second))
		p := start(t, e, WithSynchronous(), WithFallback(nil))
		goEmit(p, log.SeverityInfo, "a")
		synctest.Wait()
		waiting := []*emitted{goEmit(p, log.SeverityInfo, "b"), goEmit(p, log.SeverityError, "c")}
		time.Sleep(time.Second)
		down := make(chan error, 1)
		go func() { down <- p.Shutdown(context.Background()) }()
		for _, c := range waiting {
			if !c.returned() || c.took != time.Second {
				t.Errorf("returned %t after %v, want after 1s", c.returned(), c.took)
			}
		}
		if err := <-down; err != nil {
			t.Error(err)
		}
		wantBodies(t, e, []string{"a"})
		wantDropped(
			t, p,
			Drop{ReasonAlreadyShutdown, log.SeverityInfo, 1}, Drop{ReasonAlreadyShutdown, log.SeverityError, 1},
		)
	})
}

func TestSynchronousShutdownCancelsTheExportAtItsDeadline(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		defer e.Block()()
		p := start(t, e, WithSynchronous(), WithExportTimeout(time.Hour))
		c := goEmit(p, log.SeverityInfo, "a")
		synctest.Wait()
		began := time.Now()
		err := shutdownWithin(t, p, 2*time.Second)
		if took := time.Since(began); took != 2*time.Second || !c.returned() {
			t.Errorf("took %v, want 2s; OnEmit returned: %t", took, c.returned())
		}
		wantLost(t, err, Drop{ReasonExportTimeout, log.SeverityInfo, 1})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's in it", err)
		}
		if got := e.Shutdowns(); got != 1 {
			t.Errorf("%d shutdowns of the exporter, want 1", got)
		}
	})
}

func TestSynchronousShutdownGivesAHungExportUp(t *testing.T) {
	captureErrors(t)
	for _, severity := range []log.Severity{log.SeverityInfo, log.SeverityError} {
		t.Run(severity.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var lines bytes.Buffer
				e := exportertest.New(exportertest.WithDeafness())
				release := e.Block()
				p := start(t, e, WithSynchronous(), WithFallback(&lines))
				c := goEmit(p, severity, "hangs")
				synctest.Wait()
				err := shutdownWithin(t, p, time.Second)
				if !errors.Is(err, context.DeadlineExceeded) || e.Shutdowns() != 1 {
					t.Errorf("error %v, %d shutdowns of the exporter", err, e.Shutdowns())
				}
				check := func() {
					t.Helper()
					s := p.Stats()
					if severity == log.SeverityError {
						wantDropped(t, p)
						if s.Fallback != 1 || strings.Count(lines.String(), "hangs") != 1 {
							t.Errorf("%d in the fallback: %s", s.Fallback, &lines)
						}
					} else {
						wantLost(t, err, Drop{ReasonExportTimeout, severity, 1})
						wantDropped(t, p, Drop{ReasonExportTimeout, severity, 1})
					}
					if !s.Balanced() || s.InFlight != 0 || s.Exported != 0 {
						t.Errorf("%+v, want everything accounted for and nothing exported", s)
					}
				}
				check()
				if c.returned() {
					t.Error("OnEmit returned, though its export has not")
				}
				time.Sleep(time.Hour)
				release()
				if !c.returned() {
					t.Error("OnEmit has not come back with its export")
				}
				wantBodies(t, e, []string{"hangs"})
				check() // committed once
			})
		})
	}
}

// The exporter ends the goroutine of the caller. This cannot be prevented; but the record
// is counted, and the next caller gets the turn.
func TestSynchronousExporterThatEndsTheCallersGoroutine(t *testing.T) {
	errs := captureErrors(t)
	e := &odd{Exporter: exportertest.New(), export: func(_ context.Context, records []sdklog.Record) error {
		if records[0].Severity() == log.SeverityWarn {
			runtime.Goexit()
		}
		return nil
	}}
	p := start(t, e, WithSynchronous())
	<-goEmit(p, log.SeverityWarn, "a").done
	wantDropped(t, p, Drop{ReasonExportPanic, log.SeverityWarn, 1})
	emit(p, log.SeverityInfo, "b")
	wantBodies(t, e.Exporter, []string{"b"})
	x := p.Stats().Exporters[0]
	if x.Exports != 2 || x.Failures != 1 || x.InFlight != 0 {
		t.Errorf("%+v, want 2 exports, 1 failed, nothing in flight", x)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if got := errs.matching(usercode.ErrPanic); len(got) != 1 {
		t.Errorf("reports %v, want 1", got)
	}
}
