package asynclog_test

import (
	"bytes"
	"context"
	"errors"
	"log"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// buffer is a bytes.Buffer that is safe for concurrent use.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// TestPipelineErrorsDoNotLoop: OpenTelemetry's error handler prints with the log package,
// whose output goes to the pipeline that reported the error. The error must not come back
// as a record, and so cause the next error.
func TestPipelineErrorsDoNotLoop(t *testing.T) {
	var stderr buffer
	writer := log.Writer()
	log.SetOutput(&stderr)
	t.Cleanup(func() { log.SetOutput(writer) })

	exporter := exportertest.New()
	exporter.FailNext(100, errors.New("connection refused"))
	p := startWith(t, exporter, withoutRetry())
	slog.Info("lost")
	_ = p.ForceFlush(t.Context())
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(stderr.String(), "connection refused"); {
		if time.Now().After(deadline) {
			t.Fatalf("the error was not reported: %s", stderr.String())
		}
		time.Sleep(time.Millisecond)
	}
	_ = p.ForceFlush(t.Context())
	if s := p.Statistics().AsyncLogging; s.Emitted != 1 || exporter.Exports() != 1 {
		t.Errorf("%d records emitted, %d exports, want one of each", s.Emitted, exporter.Exports())
	}
}

// TestExporterThatLogs: records that an exporter logs are not exported.
func TestExporterThatLogs(t *testing.T) {
	exporter := exportertest.New(exportertest.WithFunc(func(ctx context.Context, _ []sdklog.Record) error {
		slog.ErrorContext(ctx, "exporting")
		return nil
	}))
	p := startWith(t, exporter)
	slog.Info("exported")
	for range 3 {
		_ = p.ForceFlush(t.Context())
	}
	if s := p.Statistics().AsyncLogging; s.Exported != 1 || exporter.Exports() != 1 {
		t.Errorf("ledger %+v", s)
	}
}

// TestSynchronousExporterThatLogs is the same for an exporter that log calls call
// directly. An exporter that prints with the log package would deadlock; the
// documentation of package bridge warns of it.
func TestSynchronousExporterThatLogs(t *testing.T) {
	t.Setenv("KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING", "false")
	exporter := exportertest.New(exportertest.WithFunc(func(ctx context.Context, _ []sdklog.Record) error {
		slog.ErrorContext(ctx, "exporting")
		return errors.New("refused")
	}))
	var stderr buffer
	writer := log.Writer()
	log.SetOutput(&stderr)
	t.Cleanup(func() { log.SetOutput(writer) })
	p := startWith(t, exporter)
	slog.Info("lost")
	p.PhaseLogger().Log(t.Context(), "ANALYSIS", "lost")
	log.Print("lost")
	if s := p.Statistics().AsyncLogging; s.Emitted != 3 || exporter.Exports() != 3 {
		t.Errorf("%d records emitted, %d exports: %+v", s.Emitted, exporter.Exports(), s)
	}
}
