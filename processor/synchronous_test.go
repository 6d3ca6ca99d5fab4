package processor

import (
	"bytes"
	"context"
	"errors"
	stdlog "log"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

func TestSynchronousExportsBeforeOnEmitReturns(t *testing.T) {
	exportertest.NoLeaks(t)
	e := exportertest.New()
	p := start(t, e, WithSynchronous())
	for i := range 10 {
		emit(p, log.SeverityInfo, body(i))
		wantBodies(t, e, bodyRange(0, i+1))
		if s := p.Stats(); s.Exported != uint64(i+1) || s.Capacity != 0 || s.Queued != 0 || s.InFlight != 0 {
			t.Fatalf("%+v, want %d exported and nothing on its way", s, i+1)
		}
	}
	if got := len(e.Batches()); got != 10 {
		t.Errorf("%d exports, want 10", got)
	}
}

func TestSynchronousExportersTakeTurns(t *testing.T) {
	a, b, c := exportertest.New(), exportertest.New(), exportertest.New()
	p := start(t, a, WithSynchronous(), WithExporters(b, c))
	emit(p, log.SeverityInfo, bodyRange(0, 8)...)
	wantBodies(t, a, []string{"0", "3", "6"})
	wantBodies(t, b, []string{"1", "4", "7"})
	wantBodies(t, c, []string{"2", "5"})
}

func TestSynchronousLedger(t *testing.T) {
	for _, tc := range []struct {
		name     string
		plan     func(*exportertest.Exporter)
		severity log.Severity
		want     []Drop
		fallback uint64
		lastErr  string
	}{
		{"failed", func(e *exportertest.Exporter) { e.FailNext(1, errExport) }, log.SeverityInfo, []Drop{{ReasonExportFailed, log.SeverityInfo, 1}}, 0, "export"},
		{"failed, critical", func(e *exportertest.Exporter) { e.FailNext(1, errExport) }, log.SeverityError, nil, 1, "export"},
		{"panicked", func(e *exportertest.Exporter) { e.PanicNext(1, "odd") }, log.SeverityWarn, []Drop{{ReasonExportPanic, log.SeverityWarn, 1}}, 0, "odd"},
		{"panicked, critical", func(e *exportertest.Exporter) { e.PanicNext(1, "odd") }, log.SeverityFatal4, nil, 1, "odd"},
		{"panicked with nil", func(e *exportertest.Exporter) { e.PanicNext(1, nil) }, log.SeverityWarn, []Drop{{ReasonExportPanic, log.SeverityWarn, 1}}, 0, "nil"},
		{"timed out", func(e *exportertest.Exporter) { e.FailNext(1, context.DeadlineExceeded) }, log.SeverityInfo, []Drop{{ReasonExportTimeout, log.SeverityInfo, 1}}, 0, "deadline"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			errs := captureErrors(t)
			var lines bytes.Buffer
			e := exportertest.New()
			tc.plan(e)
			p := start(t, e, WithSynchronous(), WithFallback(&lines))
			emit(p, tc.severity, "lost")
			emit(p, tc.severity, "good") // it goes on
			if err := p.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown: %v, though it lost nothing", err)
			}
			wantBodies(t, e, []string{"good"})
			wantDropped(t, p, tc.want...)
			s := p.Stats()
			if s.Fallback != tc.fallback || uint64(strings.Count(lines.String(), `"lost"`)) != tc.fallback {
				t.Errorf("%d in the fallback, want %d: %s", s.Fallback, tc.fallback, &lines)
			}
			x := s.Exporters[0]
			if x.Exports != 2 || x.Failures != 1 || x.Exported != 1 || x.Failing || !strings.Contains(x.LastError, tc.lastErr) {
				t.Errorf("%+v, want 2 exports, 1 failed with %q", x, tc.lastErr)
			}
			if got := errs.all(); len(got) != 1 || !strings.Contains(got[0].Error(), tc.lastErr) {
				t.Errorf("reports %v, want 1 with %q", got, tc.lastErr)
			}
		})
	}
}

func TestSynchronousExportsOneAtATimeConcurrentSafe(t *testing.T) {
	exportertest.NoLeaks(t)
	captureErrors(t)
	// Not only is no exporter called concurrently with itself, which start checks: there
	// is one export at a time.
	var mu sync.Mutex
	active := 0
	export := func(context.Context, []sdklog.Record) error {
		mu.Lock()
		active++
		if active > 1 {
			t.Error("two exports at the same time")
		}
		mu.Unlock()
		runtime.Gosched()
		mu.Lock()
		active--
		mu.Unlock()
		return nil
	}
	a, b := exportertest.New(exportertest.WithFunc(export)), exportertest.New(exportertest.WithFunc(export))
	a.FailNext(5, errExport)
	b.PanicNext(5, "odd")
	p := start(t, a, WithSynchronous(), WithExporters(b), WithFallback(nil))
	const goroutines, each = 16, 50
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				emit(p, log.SeverityInfo, body(g*each+i))
				_ = p.Stats()
			}
		})
	}
	wg.Wait()
	if got := a.RecordsTaken() + b.RecordsTaken(); got != goroutines*each-10 {
		t.Errorf("%d records exported, want %d", got, goroutines*each-10)
	}
	wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 5}, Drop{ReasonExportPanic, log.SeverityInfo, 5})
}

// OpenTelemetry's error handler logs with package log by default. With that routed into
// the processor, a report on the caller's goroutine would wait for the very export that
// it is about.
func TestSynchronousReportsThatComeBackDoNotDeadlock(t *testing.T) {
	var p *Processor
	w := writerFunc(func(b []byte) (int, error) {
		emit(p, log.SeverityInfo, strings.TrimSpace(string(b)))
		return len(b), nil
	})
	before := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { stdlog.New(w, "", 0).Print(err) }))
	defer otel.SetErrorHandler(before)

	e := exportertest.New()
	e.FailNext(1, errors.New("the first failure"))
	e.FailNext(1, errExport)
	p = start(t, e, WithSynchronous(), WithFallback(nil))
	emit(p, log.SeverityInfo, "a") // fails; its report fails, too; the report of that one arrives
	if err := e.WaitRecords(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	wantBodies(t, e, []string{"asynclog: export to *exportertest.Exporter failed: " + errExport.Error()})
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 2})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// An exporter that logs with a context of its own waits for itself. It gives up when the
// time for an export is over, and everything is counted.
func TestSynchronousExporterThatLogsWithoutItsContext(t *testing.T) {
	for _, method := range []string{"Export", "ForceFlush", "Shutdown"} {
		t.Run(method, func(t *testing.T) {
			captureErrors(t)
			synctest.Test(t, func(t *testing.T) {
				const timeout = 3 * time.Second
				var p *Processor
				var waited time.Duration
				say := func(what string) {
					if what == method {
						began := time.Now()
						emit(p, log.SeverityDebug, "about myself")
						waited = time.Since(began)
					}
				}
				e := exportertest.New(exportertest.WithDeafness())
				o := &odd{
					Exporter: e,
					export:   func(context.Context, []sdklog.Record) error { say("Export"); return nil },
					flush:    func(context.Context) error { say("ForceFlush"); return nil },
					shutdown: func(context.Context) error { say("Shutdown"); return nil },
				}
				p = start(t, o, WithSynchronous(), WithExportTimeout(timeout), WithFallback(nil))
				emit(p, log.SeverityInfo, "a")
				want := Drop{ReasonQueueFull, log.SeverityDebug, 1}
				switch method {
				case "ForceFlush":
					if err := p.ForceFlush(t.Context()); err != nil {
						t.Error(err)
					}
				case "Shutdown":
					if err := p.Shutdown(t.Context()); err != nil {
						t.Error(err)
					}
					want.Reason = ReasonAlreadyShutdown
				}
				wantWait := time.Duration(0)
				if method == "ForceFlush" { // not on the goroutine that exports
					wantWait = timeout
				}
				if waited != wantWait {
					t.Errorf("waited %v, want %v", waited, wantWait)
				}
				wantDropped(t, p, want)
				wantBodies(t, e, []string{"a"})
			})
		})
	}
}

func TestSynchronousCallersGiveUpBehindAHungExport(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDeafness())
		release := e.Block()
		p := start(t, e, WithSynchronous(), WithExportTimeout(5*time.Second), WithFallback(nil))
		hung := goEmit(p, log.SeverityInfo, "hangs")
		synctest.Wait()
		var others []*emitted
		for range 3 {
			others = append(others, goEmit(p, log.SeverityWarn, "behind"))
		}
		time.Sleep(5 * time.Second)
		for _, c := range others {
			if !c.returned() || c.took != 5*time.Second {
				t.Errorf("returned %t after %v, want after 5s", c.returned(), c.took)
			}
		}
		if hung.returned() {
			t.Error("the export's caller has not waited for it")
		}
		if s := p.Stats(); s.InFlight != 1 || !s.Balanced() {
			t.Errorf("%+v, want 1 in flight", s)
		}
		wantDropped(t, p, Drop{ReasonQueueFull, log.SeverityWarn, 3})
		time.Sleep(time.Hour)
		release()
		if !hung.returned() {
			t.Error("the export's caller has not come back with it")
		}
		wantBodies(t, e, []string{"hangs"}) // late, and so what
		emit(p, log.SeverityInfo, "on we go")
		wantBodies(t, e, []string{"hangs", "on we go"})
	})
}

func TestSynchronousForceFlushCallsTheExporters(t *testing.T) {
	a, b := exportertest.New(), exportertest.New()
	b.SetForceFlushError(errFlush)
	p := start(t, a, WithSynchronous(), WithExporters(b))
	if err := p.ForceFlush(t.Context()); !errors.Is(err, errFlush) {
		t.Errorf("error %v, want %v", err, errFlush)
	}
	if a.ForceFlushes() != 1 || b.ForceFlushes() != 1 {
		t.Errorf("%d and %d flushes, want 1 each", a.ForceFlushes(), b.ForceFlushes())
	}
}
