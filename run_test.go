package asynclog_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

func TestRun(t *testing.T) {
	before := loggingNow()
	exporter, failed := exportertest.New(), errors.New("failed")
	var p *asynclog.Pipeline
	err := asynclog.Run(t.Context(), func(ctx context.Context) error {
		p = asynclog.FromContext(ctx)
		slog.Info("in Run")
		return failed
	}, asynclog.WithExporter(exporter))
	if err != failed { //nolint:errorlint // the same error, not one that wraps it
		t.Errorf("returned %v", err)
	}
	if got := exporter.Bodies(); !slices.Equal(got, []string{"in Run"}) || exporter.Shutdowns() != 1 {
		t.Errorf("records %q, exporter shut down %d times", got, exporter.Shutdowns())
	}
	if err := p.Healthy(); !errors.Is(err, asynclog.ErrShutdown) {
		t.Errorf("Healthy returned %v", err)
	}
	before.wantNow(t)
}

func TestRunJoinsErrors(t *testing.T) {
	catchErrors(t)
	failed, refused := errors.New("failed"), errors.New("refused")
	logAndFail := func(shutdown bool) error {
		exporter := exportertest.New()
		exporter.FailNext(1, refused)
		return asynclog.Run(t.Context(), func(ctx context.Context) error {
			slog.Info("lost")
			if shutdown {
				return asynclog.FromContext(ctx).Shutdown(ctx)
			}
			return failed
		}, asynclog.WithExporter(exporter))
	}
	err := logAndFail(false)
	if lost(t, err) != 1 || !errors.Is(err, failed) || !errors.Is(err, refused) {
		t.Errorf("returned %v", err)
	}
	err = logAndFail(true)
	if lost(t, err) != 1 || strings.Count(err.Error(), "shutdown lost") != 1 {
		t.Errorf("returned %v", err)
	}
}

func TestRunThatDoesNotStart(t *testing.T) {
	if err := asynclog.Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "nil") {
		t.Errorf("without a function: %v", err)
	}
	start(t)
	called := false
	err := asynclog.Run(t.Context(), func(context.Context) error { called = true; return nil })
	if called || !errors.Is(err, asynclog.ErrStarted) {
		t.Errorf("called: %v, error %v", called, err)
	}
}

// TestRunKeepsThePanicValue: a panic continues with its own value.
func TestRunKeepsThePanicValue(t *testing.T) {
	value := &struct{ n int }{7}
	exporter := exportertest.New()
	before := loggingNow()
	func() {
		defer func() {
			if v := recover(); v != value {
				t.Errorf("recovered %v", v)
			}
		}()
		_ = asynclog.Run(t.Context(), func(ctx context.Context) error {
			slog.InfoContext(ctx, "before")
			panic(value)
		}, asynclog.WithExporter(exporter))
	}()
	records := exporter.Records()
	if got := bodies(records); len(got) != 2 || got[0] != "before" || !strings.HasPrefix(got[1], "panic: ") {
		t.Fatalf("records %q", got)
	}
	if got := attr(&records[1], "exception.type"); got != "*struct { n int }" {
		t.Errorf("exception.type is %q", got)
	}
	before.wantNow(t)
	start(t) // no pipeline is installed
}

// TestRunLogsPanicsWithItsContext: the record of a panic has the correlation ID of Run's
// context.
func TestRunLogsPanicsWithItsContext(t *testing.T) {
	exporter := exportertest.New()
	func() {
		defer func() { _ = recover() }()
		_ = asynclog.Run(correlated(t.Context(), "c-1"), func(context.Context) error { panic("out of cheese") },
			asynclog.WithExporter(exporter))
	}()
	records := exporter.Records()
	if len(records) != 1 || attr(&records[0], "correlation.id") != "c-1" || attr(&records[0], "exception.type") != "string" {
		t.Errorf("records %q", bodies(records))
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	exporter := exportertest.New()
	err := asynclog.Run(ctx, func(ctx context.Context) error {
		cancel(cause)
		<-ctx.Done()
		slog.Info("last words")
		return context.Cause(ctx)
	}, asynclog.WithExporter(exporter))
	if !errors.Is(err, cause) || len(exporter.Bodies()) != 1 {
		t.Errorf("returned %v, records %q", err, exporter.Bodies())
	}
}

func TestRunBoundsShutdown(t *testing.T) {
	// The runtime's goroutine for signals must not start inside the synctest bubble.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	signal.Stop(signals)
	synctest.Test(t, func(t *testing.T) {
		exporter := exportertest.New()
		defer exporter.Block()()
		err := asynclog.Run(t.Context(), func(ctx context.Context) error {
			p := asynclog.FromContext(ctx)
			emit(ctx, p.LoggerProvider(), 9, "record")
			return nil
		}, asynclog.WithExporter(exporter), asynclog.WithoutInstall())
		if shutdown, ok := errors.AsType[*processor.ShutdownError](err); !ok || shutdown.Total() != 1 {
			t.Errorf("returned %v", err)
		}
	})
}

func TestFromContextWithoutRun(t *testing.T) {
	//nolint:staticcheck // the test is about a nil context
	if asynclog.FromContext(t.Context()) != nil || asynclog.FromContext(nil) != nil {
		t.Error("a pipeline was returned")
	}
}
