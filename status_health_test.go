package asynclog_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
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

func wantHealthy(t *testing.T, p *asynclog.Pipeline) {
	t.Helper()
	if err := p.Healthy(); err != nil {
		t.Errorf("not healthy: %v", err)
	}
}

func wantUnhealthy(t *testing.T, p *asynclog.Pipeline, texts ...string) {
	t.Helper()
	err := p.Healthy()
	if err == nil {
		t.Errorf("healthy, want an error with %q", texts)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not contain %q: %v", text, err)
		}
	}
}

func TestHealthyWhileExportsFail(t *testing.T) {
	catchErrors(t)
	synctest.Test(t, func(t *testing.T) {
		exporter := exportertest.New()
		p := startWith(t, exporter, asynclog.WithoutInstall(), withoutRetry(),
			asynclog.WithConfigOptions(envconfig.WithExportTimeout(time.Hour)))
		wantHealthy(t, p) // nothing has been exported yet
		log := func(fail bool) {
			if fail {
				exporter.FailNext(1, errors.New("connection refused"))
			}
			emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "record")
			_ = p.ForceFlush(t.Context())
		}
		log(false)
		wantHealthy(t, p)
		log(true)
		wantUnhealthy(t, p, "*exportertest.Exporter", "connection refused")
		time.Sleep(20 * time.Second)
		wantUnhealthy(t, p, "connection refused")
		log(true) // the expiry starts again
		wantUnhealthy(t, p, "connection refused")
		time.Sleep(20 * time.Second)
		wantUnhealthy(t, p, "connection refused")
		log(false)
		wantHealthy(t, p)

		// Without anything to export, no export can show that exports work again.
		log(true)
		wantUnhealthy(t, p, "connection refused")
		time.Sleep(30 * time.Second)
		wantHealthy(t, p)
		log(true)
		wantUnhealthy(t, p, "connection refused")
		release := exporter.Block() // now a record waits
		emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "waiting")
		time.Sleep(time.Minute)
		wantUnhealthy(t, p, "connection refused")
		release()
	})
}

func TestHealthyInAnOutage(t *testing.T) {
	catchErrors(t)
	synctest.Test(t, func(t *testing.T) {
		var over atomic.Bool
		exporter := exportertest.New(exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
			if over.Load() {
				return nil
			}
			return syscall.ECONNREFUSED // transient: retried
		}))
		p := startWith(t, exporter, asynclog.WithoutInstall(),
			asynclog.WithProcessorOptions(processor.WithFallback(nil)))
		emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "waits for the end of the outage")
		time.Sleep(time.Minute)
		wantUnhealthy(t, p, "exports fail for 5", "connection refused") // it began within the first ten seconds
		over.Store(true)
		time.Sleep(time.Minute)
		wantHealthy(t, p)
		if s := p.Statistics().AsyncLogging; s.Exported != 1 {
			t.Errorf("%d records exported after the outage, want 1", s.Exported)
		}
	})
}

func TestHealthyWithSeveralExporters(t *testing.T) {
	catchErrors(t)
	synctest.Test(t, func(t *testing.T) {
		good, bad := exportertest.New(), exportertest.New()
		release := good.Block() // so that the other one gets a record
		bad.FailNext(1, errors.New("refused"))
		p := startWith(t, good, asynclog.WithoutInstall(), withoutRetry(), asynclog.WithConfigOptions(envconfig.WithBatchSize(1)),
			asynclog.WithProcessorOptions(processor.WithExporters(bad)))
		for range 2 {
			emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "record")
			synctest.Wait()
		}
		release()
		synctest.Wait()
		if bad.Exports() != 1 || good.RecordsTaken() != 1 {
			t.Fatalf("%d exports of the bad one, %d records taken by the good one", bad.Exports(), good.RecordsTaken())
		}
		wantHealthy(t, p) // one exporter works
	})
}

func TestHealthyWhileTheQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exporter := exportertest.New()
		release := exporter.Block()
		p := startWith(t, exporter, asynclog.WithoutInstall(), asynclog.WithConfigOptions(envconfig.WithQueueSize(2)))
		emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "in flight")
		time.Sleep(2 * time.Second)
		emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "queued")
		wantHealthy(t, p)
		emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "queued")
		wantUnhealthy(t, p, "full", "2 records", "for 0s")
		time.Sleep(7 * time.Second)
		wantUnhealthy(t, p, "for 7s")
		release()
		synctest.Wait()
		wantHealthy(t, p)
	})
}

func TestHealthyAfterShutdown(t *testing.T) {
	p, _ := start(t)
	slog.Info("record")
	wantHealthy(t, p)
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Healthy(); !errors.Is(err, asynclog.ErrShutdown) {
		t.Errorf("Healthy returned %v", err)
	}
}
