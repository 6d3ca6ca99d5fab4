package asynclog_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	otellog "go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/internal/foreigntext"
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

// probed calls Healthy every second for some time, as an alert would.
func probed(p *asynclog.Pipeline, d time.Duration) {
	for range d / time.Second {
		_ = p.Healthy()
		time.Sleep(time.Second)
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

		// A failure counts only after a while.
		log(true)
		probed(p, 29*time.Second)
		wantHealthy(t, p)
		time.Sleep(time.Second)
		wantUnhealthy(t, p, "exports fail for 30s", "*exportertest.Exporter", "connection refused")
		log(true)
		wantUnhealthy(t, p, "exports fail for 30s", "connection refused")
		log(false)
		wantHealthy(t, p)

		// A success between two calls begins the time anew.
		for range 5 {
			log(true)
			wantHealthy(t, p)
			time.Sleep(20 * time.Second)
			log(false)
		}
		log(true)
		wantHealthy(t, p)
		time.Sleep(29 * time.Second)
		wantHealthy(t, p)

		// Failures with pauses between them are one: a record a minute with a wrong password.
		for i := range 5 {
			log(true)
			if i > 0 {
				wantUnhealthy(t, p, "connection refused")
			}
			probed(p, time.Minute)
			wantUnhealthy(t, p, "connection refused")
		}
		log(false)
		wantHealthy(t, p)

		// Without anything to export, no export can show that exports work again.
		log(true)
		probed(p, 119*time.Second)
		wantUnhealthy(t, p, "exports fail for 1m59s")
		time.Sleep(time.Second)
		wantHealthy(t, p)
		log(true)
		wantUnhealthy(t, p, "connection refused")
		release := exporter.Block() // now a record waits
		emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "waiting")
		time.Sleep(10 * time.Minute)
		wantUnhealthy(t, p, "connection refused")
		release()
	})
}

// TestHealthyErrorIsOneLine: what a receiver answers may quote what a user sent.
func TestHealthyErrorIsOneLine(t *testing.T) {
	catchErrors(t)
	synctest.Test(t, func(t *testing.T) {
		exporter := exportertest.New()
		p := startWith(t, exporter, asynclog.WithoutInstall(), withoutRetry())
		exporter.FailNext(1, errors.New("bad value \"x\"\n{\"SeverityText\":\"FATAL\"}\r\n\x1b[2J\x1b]0;owned\x07\x00\u009b\u202e\u2028\xff "+strings.Repeat("\x1b", 1<<20)))
		emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "record")
		_ = p.ForceFlush(t.Context())
		wantHealthy(t, p)
		time.Sleep(time.Minute)
		const want = `bad value "x"\n{"SeverityText":"FATAL"}\r\n\x1b[2J\x1b]0;owned\x07\x00\u009b\u202e\u2028\xff \x1b`
		wantUnhealthy(t, p, want, " bytes cut)")
		for _, text := range []string{p.Healthy().Error(), p.Statistics().AsyncLogging.Exporters[0].LastError} {
			if len(text) > 1200 || strings.ContainsFunc(text, foreigntext.Escaped) || !utf8.ValidString(text) || !strings.Contains(text, want) {
				t.Errorf("%d bytes: %.300q", len(text), text)
			}
		}
		if document, err := json.Marshal(p.Statistics()); err != nil || strings.Contains(string(document), "bad value") {
			t.Errorf("%v: %s", err, document)
		}
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
		time.Sleep(25 * time.Second) // a collector is restarted
		wantHealthy(t, p)
		time.Sleep(35 * time.Second)
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
		p := startWith(t, exporter, asynclog.WithoutInstall(),
			asynclog.WithConfigOptions(envconfig.WithQueueSize(2), envconfig.WithExportTimeout(time.Hour)))
		emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "in flight")
		time.Sleep(2 * time.Second)
		emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "queued")
		wantHealthy(t, p)
		emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "queued")
		wantHealthy(t, p) // a burst
		time.Sleep(29 * time.Second)
		wantHealthy(t, p)
		time.Sleep(7 * time.Second)
		wantUnhealthy(t, p, "full", "2 records", "for 36s")
		release()
		synctest.Wait()
		wantHealthy(t, p)
	})
}

// TestHealthyTellsBothOnOneLine: in an outage the queue is full as well.
func TestHealthyTellsBothOnOneLine(t *testing.T) {
	catchErrors(t)
	synctest.Test(t, func(t *testing.T) {
		exporter := exportertest.New(exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
			return syscall.ECONNREFUSED
		}))
		p := startWith(t, exporter, asynclog.WithoutInstall(), asynclog.WithConfigOptions(envconfig.WithQueueSize(2)),
			asynclog.WithProcessorOptions(processor.WithFallback(nil)))
		for range 4 {
			emit(t.Context(), p.LoggerProvider(), otellog.SeverityInfo, "record")
			time.Sleep(5 * time.Second)
		}
		probed(p, time.Minute)
		wantUnhealthy(t, p, "the queue is full (2 records), seen for 1m", "; asynclog: exports fail for 1m", "connection refused")
		if err := p.Healthy(); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("several lines: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_ = p.Shutdown(ctx) // loses what waits
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
