package asynclog_test

import (
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel"
	otellog "go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// TestSynchronous: with KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING=false the exporter has the
// record when the log call returns.
func TestSynchronous(t *testing.T) {
	t.Setenv("KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING", "false")
	p, exporter := start(t)
	slog.Info("slog")
	if got := exporter.Bodies(); len(got) != 1 {
		t.Fatalf("records %q after the log call", got)
	}
	p.PhaseLogger().Log(t.Context(), "ANALYSIS", "phase")
	emit(t.Context(), otel.GetLoggerProvider(), otellog.SeverityInfo, "otel")
	if got := exporter.Bodies(); len(got) != 3 {
		t.Errorf("records %q", got)
	}
	if c := p.Statistics().AsyncLogging.Capacity; c != 0 {
		t.Errorf("the queue has a capacity of %d, want no queue", c)
	}
}

// TestAsynchronous: by default a log call returns while the exporter still holds its
// record.
func TestAsynchronous(t *testing.T) {
	exporter := exportertest.New()
	release := exporter.Block()
	defer release()
	p := startWith(t, exporter)
	slog.Error("exported at once")
	if err := exporter.WaitEntered(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if s := p.Statistics().AsyncLogging; s.InFlight != 1 || s.Exported != 0 || s.Capacity != 50_000 {
		t.Errorf("ledger %+v", s)
	}
}

func TestConfigurationByOption(t *testing.T) {
	t.Setenv("ASYNC_LOG_QUEUE_SIZE", "77")
	p, _ := start(t, asynclog.WithoutInstall())
	if c := p.Statistics().AsyncLogging.Capacity; c != 77 {
		t.Errorf("capacity %d from the environment", c)
	}
	p, _ = start(t, asynclog.WithoutInstall(), asynclog.WithConfigOptions(envconfig.WithQueueSize(88)))
	if c := p.Statistics().AsyncLogging.Capacity; c != 88 {
		t.Errorf("capacity %d from an option of Load", c)
	}
	p, _ = start(t, asynclog.WithoutInstall(), asynclog.WithConfig(envconfig.Config{Async: true, QueueSize: 99, Level: slog.LevelWarn}))
	if c := p.Statistics().AsyncLogging.Capacity; c != 99 || p.Level() != slog.LevelWarn || p.Verbose() {
		t.Errorf("capacity %d, level %v, verbose %v from a configuration", c, p.Level(), p.Verbose())
	}
}
