package asynclog_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	otellog "go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// lost returns the number of records that Shutdown lost, according to its error.
func lost(t *testing.T, err error) uint64 {
	t.Helper()
	shutdown, ok := errors.AsType[*processor.ShutdownError](err)
	if !ok {
		t.Fatalf("the error is %v", err)
	}
	return shutdown.Total()
}

// TestShutdownIsBounded has three records, and an exporter that does not return.
func TestShutdownIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		context func(context.Context) (context.Context, context.CancelFunc)
		least   time.Duration
		why     error
	}{
		"five seconds by default": {
			context.WithCancel, 5 * time.Second, context.DeadlineExceeded,
		},
		"its deadline": {
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 20*time.Second)
			}, 20 * time.Second, context.DeadlineExceeded,
		},
		"a deadline that has passed": {
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, -time.Second)
			}, 0, context.DeadlineExceeded,
		},
		// The context of a program that was asked to end, as from signal.NotifyContext.
		"five seconds with a context cancelled before": {
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				cancel()
				return ctx, cancel
			}, 5 * time.Second, context.DeadlineExceeded,
		},
		"until it is cancelled": {
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(2*time.Second, cancel)
				return ctx, cancel
			}, 2 * time.Second, context.Canceled,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				exporter := exportertest.New()
				defer exporter.Block()()
				p := startWith(t, exporter, asynclog.WithoutInstall(), asynclog.WithConfigOptions(envconfig.WithBatchSize(1)))
				for range 3 {
					emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "record")
				}
				ctx, cancel := c.context(t.Context())
				defer cancel()
				begun := time.Now()
				err := p.Shutdown(ctx)
				if d := time.Since(begun); d < c.least || d > c.least+200*time.Millisecond {
					t.Errorf("took %v, want %v", d, c.least)
				}
				if n := lost(t, err); n != 3 || !errors.Is(err, c.why) {
					t.Errorf("lost %d: %v", n, err)
				}
			})
		})
	}
}

func TestShutdownDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exporter := exportertest.New(exportertest.WithDelay(time.Second))
		p := startWith(t, exporter, asynclog.WithoutInstall(), asynclog.WithConfigOptions(envconfig.WithBatchSize(1)))
		for range 4 {
			emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "record")
		}
		begun := time.Now()
		if err := p.Shutdown(t.Context()); err != nil || exporter.RecordsTaken() != 4 || exporter.Shutdowns() != 1 {
			t.Errorf("%d records exported, exporter shut down %d times: %v", exporter.RecordsTaken(), exporter.Shutdowns(), err)
		}
		if d := time.Since(begun); d != 4*time.Second {
			t.Errorf("took %v", d)
		}
	})
}

// TestShutdownRunsOnce: a second Shutdown only waits, and returns the same error.
func TestShutdownRunsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exporter := exportertest.New()
		defer exporter.Block()()
		p := startWith(t, exporter, asynclog.WithoutInstall())
		emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "record")

		var wg sync.WaitGroup
		errs := make([]error, 3)
		for i := range errs {
			wg.Go(func() { errs[i] = p.Shutdown(t.Context()) })
		}
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Shutdown(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call with a short deadline returned %v", err)
		}
		wg.Wait()
		errs = append(errs, p.Shutdown(short)) // after the end even an expired context gets the result
		for _, err := range errs {
			if lost(t, err) != 1 || !errors.Is(err, errs[0]) {
				t.Errorf("returned %v, the first %v", err, errs[0])
			}
		}
		if exporter.Shutdowns() != 1 {
			t.Errorf("the exporter was shut down %d times", exporter.Shutdowns())
		}
	})
}

// TestShutdownWithCallsInProgress has a log call that waits for space in the queue. The
// SDK's provider would wait for that call, and if it took too long never shut the
// processor down.
func TestShutdownWithCallsInProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exporter := exportertest.New()
		defer exporter.Block()()
		p := startWith(t, exporter, asynclog.WithoutInstall(),
			asynclog.WithConfigOptions(envconfig.WithQueueSize(1)),
			asynclog.WithProcessorOptions(processor.WithOverflow(processor.Block(time.Hour))))
		var wg sync.WaitGroup
		for range 3 { // one in flight, one queued, one waiting
			wg.Go(func() { emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "record") })
			synctest.Wait()
			time.Sleep(2 * time.Second) // longer than the export interval
		}
		err := p.Shutdown(t.Context())
		wg.Wait()
		if n := lost(t, err); n != 2 || exporter.Shutdowns() != 1 {
			t.Errorf("lost %d, exporter shut down %d times: %v", n, exporter.Shutdowns(), err)
		}
		if s := p.Statistics().AsyncLogging; s.Emitted != 3 || s.DroppedTotal() != 3 {
			t.Errorf("ledger %+v", s)
		}
	})
}

// TestShutdownWithSynchronousExporterThatIgnoresItsContext: such an exporter blocks its
// caller, but not Shutdown.
func TestShutdownWithSynchronousExporterThatIgnoresItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exporter := exportertest.New(exportertest.WithDeafness())
		release, releaseDown := exporter.Block(), exporter.BlockShutdown()
		p := startWith(t, exporter, asynclog.WithoutInstall(), asynclog.WithConfigOptions(envconfig.WithAsync(false)))
		var wg sync.WaitGroup
		wg.Go(func() { emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "held") })
		synctest.Wait()
		begun := time.Now()
		err := p.Shutdown(t.Context())
		if d := time.Since(begun); d < 5*time.Second || d > 6*time.Second {
			t.Errorf("took %v", d)
		}
		if n := lost(t, err); n != 1 {
			t.Errorf("lost %d: %v", n, err)
		}
		if strings.HasSuffix(err.Error(), "\n"+context.DeadlineExceeded.Error()) {
			t.Errorf("the error also has the provider's timeout: %v", err)
		}
		release()
		releaseDown()
		wg.Wait()
	})
}

// TestRecordsDuringShutdown: a record that arrives while the pipeline drains is counted.
func TestRecordsDuringShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exporter := exportertest.New(exportertest.WithDelay(2 * time.Second))
		p := startWith(t, exporter, asynclog.WithoutInstall())
		emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "in time")
		go func() {
			time.Sleep(time.Second)
			emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "too late")
		}()
		if err := p.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := p.Statistics().AsyncLogging
		if want := []processor.Drop{{Reason: processor.ReasonAlreadyShutdown, Severity: otellog.SeverityInfo, Count: 1}}; !slices.Equal(s.Dropped, want) {
			t.Errorf("dropped %v, want %v", s.Dropped, want)
		}
	})
}

// TestShutdownRestoresFirst: records logged during and after Shutdown go where they went
// before Start.
func TestShutdownRestoresFirst(t *testing.T) {
	exporter := exportertest.New()
	release := exporter.Block()
	p := startWith(t, exporter)
	slog.Error("exported at once")
	if err := exporter.WaitEntered(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- p.Shutdown(context.Background()) }()
	for !errors.Is(p.Healthy(), asynclog.ErrShutdown) {
		runtime.Gosched()
	}
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
	slog.Info("to the previous logger")
	if n := p.Statistics().AsyncLogging.Emitted; n != 1 {
		t.Errorf("%d records emitted", n)
	}
	// Another pipeline may start, even while the first one still drains.
	start(t)
}

// decorator is a processor of the program.
type decorator struct {
	sdklog.Processor
	name  string
	calls *[]string
	err   error
}

func (d decorator) Enabled(context.Context, sdklog.EnabledParameters) bool { return false }

func (d decorator) OnEmit(_ context.Context, r *sdklog.Record) error {
	*d.calls = append(*d.calls, d.name+" "+attr(r, "correlation.id"))
	return nil
}

func (d decorator) ForceFlush(context.Context) error { return nil }

func (d decorator) Shutdown(ctx context.Context) error { return errors.Join(d.err, ctx.Err()) }

func TestWithProcessor(t *testing.T) {
	var calls []string
	failed := errors.New("cannot shut down")
	p, exporter := start(t,
		asynclog.WithProcessor(decorator{name: "first", calls: &calls}),
		asynclog.WithProcessor(decorator{name: "second", calls: &calls, err: failed}))
	slog.InfoContext(correlated(t.Context(), "c-1"), "logged")
	slog.Debug("below the minimum level")
	if got := bodies(flushed(t, p, exporter)); !slices.Equal(got, []string{"logged"}) {
		t.Errorf("records %q", got)
	}
	if want := []string{"first c-1", "second c-1"}; !slices.Equal(calls, want) {
		t.Errorf("calls %q, want %q", calls, want)
	}
	if err := p.Shutdown(t.Context()); !errors.Is(err, failed) || errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown returned %v", err)
	}
}
