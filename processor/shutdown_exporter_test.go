package processor

import (
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

func TestExporterThatEndsShutdownOddly(t *testing.T) {
	for how, call := range map[string]func(context.Context) error{"odd": panicking, "runtime.Goexit": goexiting} {
		for mode, opts := range modes {
			t.Run(how+"/"+mode, func(t *testing.T) {
				exportertest.NoLeaks(t)
				e := &odd{Exporter: exportertest.New(), flush: call, shutdown: call}
				good := exportertest.New()
				p := start(t, e, append(opts, WithExporters(good))...)
				emit(p, log.SeverityInfo, "a")
				err := p.Shutdown(t.Context())
				if !errors.Is(err, usercode.ErrPanic) {
					t.Errorf("error %v, want a panic in it", err)
				}
				for _, want := range []string{"ForceFlush of *processor.odd", "Shutdown of *processor.odd", how} {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("error %v does not name %q", err, want)
					}
				}
				if good.Shutdowns() != 1 || good.ForceFlushes() != 1 {
					t.Errorf("the other exporter: %d shutdowns, %d flushes; want 1, 1", good.Shutdowns(), good.ForceFlushes())
				}
				if s := p.Stats(); s.Exported != 1 {
					t.Errorf("%+v, want 1 exported", s)
				}
			})
		}
	}
}

func TestExporterThatBlocksInShutdown(t *testing.T) {
	for _, tc := range []struct {
		name  string
		opts  []exportertest.Option
		block func(*exportertest.Exporter) func()
		took  time.Duration
	}{
		{"ForceFlush", nil, (*exportertest.Exporter).BlockForceFlush, time.Second},
		{"Shutdown", nil, (*exportertest.Exporter).BlockShutdown, time.Second},
		// Those that ignore it get the CancelTimeout, once for each call.
		{"ForceFlush ignores its context", []exportertest.Option{exportertest.WithDeafness()}, (*exportertest.Exporter).BlockForceFlush, time.Second + usercode.CancelTimeout},
		{"Shutdown ignores its context", []exportertest.Option{exportertest.WithDeafness()}, (*exportertest.Exporter).BlockShutdown, time.Second + usercode.CancelTimeout},
	} {
		for mode, opts := range modes {
			t.Run(tc.name+"/"+mode, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e, good := exportertest.New(tc.opts...), exportertest.New()
					release := tc.block(e)
					p := start(t, e, append(opts, WithExporters(good))...)
					emit(p, log.SeverityInfo, "a", "b")
					began := time.Now()
					err := shutdownWithin(t, p, time.Second)
					if took := time.Since(began); took != tc.took {
						t.Errorf("took %v, want %v", took, tc.took)
					}
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("error %v, want the context's", err)
					}
					if _, ok := errors.AsType[*ShutdownError](err); ok {
						t.Errorf("error %v, though no record was lost", err)
					}
					if e.Shutdowns() != 1 || good.Shutdowns() != 1 {
						t.Errorf("%d and %d shutdowns, want 1 each", e.Shutdowns(), good.Shutdowns())
					}
					release()
					synctest.Wait()
				})
			})
		}
	}
}

// brokenError is an error whose methods panic when it is a nil pointer, and it often is:
// a nil *brokenError returned as an error is not nil.
type brokenError struct{ text string }

func (e *brokenError) Error() string { return e.text }
func (e *brokenError) Is(error) bool { return e.text == "" }

func TestExporterWhoseErrorsPanic(t *testing.T) {
	for mode, opts := range modes {
		t.Run(mode, func(t *testing.T) {
			errs := captureErrors(t)
			var broken *brokenError
			e := &odd{
				Exporter: exportertest.New(),
				export:   func(context.Context, []sdklog.Record) error { return broken },
				flush:    func(context.Context) error { return broken },
				shutdown: func(context.Context) error { return broken },
			}
			p := start(t, e, append(opts, WithFallback(nil))...)
			emit(p, log.SeverityInfo, "a")
			if err := p.ForceFlush(t.Context()); !errors.Is(err, usercode.ErrPanic) {
				t.Errorf("ForceFlush: %v, want a panic", err)
			}
			if err := p.Shutdown(t.Context()); !errors.Is(err, usercode.ErrPanic) {
				t.Errorf("Shutdown: %v, want a panic", err)
			}
			wantDropped(t, p, Drop{ReasonExportPanic, log.SeverityInfo, 1})
			if got := errs.matching(usercode.ErrPanic); len(got) != 1 {
				t.Errorf("reports %v, want 1 of the export", got)
			}
		})
	}
}

// runtime.Goexit, which t.FailNow in an exporter of a test calls, ends the goroutine of
// the worker.
func TestExporterThatEndsTheWorkersGoroutine(t *testing.T) {
	errs := captureErrors(t)
	exportertest.NoLeaks(t)
	times := 2
	e := &odd{Exporter: exportertest.New(), export: func(context.Context, []sdklog.Record) error {
		if times > 0 {
			times--
			runtime.Goexit()
		}
		return nil
	}}
	p := start(t, e, WithExportMaxBatchSize(2), WithFallback(nil))
	emit(p, log.SeverityInfo, bodyRange(0, 8)...)
	err := p.ForceFlush(t.Context())
	wantBodies(t, e.Exporter, bodyRange(4, 8))
	wantDropped(t, p, Drop{ReasonExportPanic, log.SeverityInfo, 4})
	_ = err // whether the flush began before the first exports is left open

	x := p.Stats().Exporters[0]
	if x.Exports != 4 || x.Failures != 2 || x.Exported != 4 || x.InFlight != 0 || x.Failing {
		t.Errorf("%+v, want 4 exports, 2 of them failed", x)
	}
	if !strings.Contains(x.LastError, "Goexit") {
		t.Errorf("last error %q, want it to name Goexit", x.LastError)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if got := errs.matching(usercode.ErrPanic); len(got) != 1 {
		t.Errorf("reports %v, want one of two that say the same", got)
	}
}

// The last batch of a shutdown is accounted for, too.
func TestExporterThatEndsTheWorkersGoroutineInShutdown(t *testing.T) {
	captureErrors(t)
	exportertest.NoLeaks(t)
	e := &odd{Exporter: exportertest.New(), export: func(ctx context.Context, _ []sdklog.Record) error { return goexiting(ctx) }}
	p := start(t, e, WithFallback(nil))
	emit(p, log.SeverityInfo, "a", "b")
	err := p.Shutdown(t.Context())
	wantLost(t, err, Drop{ReasonExportPanic, log.SeverityInfo, 2})
	if !errors.Is(err, usercode.ErrPanic) {
		t.Errorf("error %v, want a panic in it", err)
	}
	if got := e.Shutdowns(); got != 1 {
		t.Errorf("%d shutdowns of the exporter, want 1", got)
	}
}

func TestExporterThatHangsAndThenEndsTheGoroutine(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		gate := make(chan struct{})
		o := &odd{Exporter: e, export: func(ctx context.Context, _ []sdklog.Record) error {
			<-gate
			return goexiting(ctx)
		}}
		p := start(t, o, WithExportMaxBatchSize(1), WithFallback(nil))
		emit(p, log.SeverityInfo, "a")
		synctest.Wait()
		err := shutdownWithin(t, p, time.Second)
		wantLost(t, err, Drop{ReasonExportTimeout, log.SeverityInfo, 1})
		close(gate)
		synctest.Wait()
		wantDropped(t, p, Drop{ReasonExportTimeout, log.SeverityInfo, 1}) // committed once
	})
}
