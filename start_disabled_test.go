package asynclog_test

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	otellog "go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/metrics"
)

func TestDisabled(t *testing.T) {
	t.Setenv("OTEL_SDK_DISABLED", " True ")
	t.Setenv("KRUNCHWRAPPER_CONFIG", "/does/not/exist") // must not be read
	before, goroutines := loggingNow(), runtime.NumGoroutine()
	exporter := exportertest.New()
	p, err := asynclog.Start(t.Context(), asynclog.WithExporter(exporter))
	if err != nil || p == nil || !p.Disabled() {
		t.Fatalf("Start returned %v, %v", p, err)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines were started", n-goroutines)
	}
	before.wantNow(t)
	if _, err := asynclog.Start(t.Context()); err != nil {
		t.Errorf("a second Start: %v", err)
	}

	ctx := t.Context()
	if p.LoggerProvider().Logger("test").Enabled(ctx, otellog.EnabledParameters{Severity: otellog.SeverityFatal}) {
		t.Error("the logger is enabled")
	}
	emit(ctx, p.LoggerProvider(), otellog.SeverityFatal, "nowhere")
	p.PhaseLogger().Log(ctx, bridge.PhaseError, "nowhere, standard error included")
	p.Monitor().Start(ctx, "parse").Stop()
	p.SetLevel(slog.LevelError)
	p.SetVerbose(false)
	if p.Level() != slog.LevelError || p.Verbose() || p.PhaseLogger().Verbose() {
		t.Error("level or verbose have not changed")
	}
	if s := p.Statistics(); !reflect.DeepEqual(s, metrics.Statistics{}) {
		t.Errorf("statistics %+v", s)
	}
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "http://localhost/", nil))
	if w.Code != 200 {
		t.Errorf("the handler answers %d", w.Code)
	}
	if err := errors.Join(p.Healthy(), p.ForceFlush(ctx), p.Shutdown(ctx)); err != nil {
		t.Error(err)
	}
	if exporter.Exports() != 0 || exporter.Shutdowns() != 1 {
		t.Errorf("%d exports, %d shutdowns of the exporter, want 0 and 1", exporter.Exports(), exporter.Shutdowns())
	}
	if err := p.Healthy(); !errors.Is(err, asynclog.ErrShutdown) {
		t.Errorf("after Shutdown Healthy returns %v", err)
	}
}

// TestDisabledWritesNothing: a disabled pipeline writes nothing, not even the phases that
// are otherwise written synchronously.
func TestDisabledWritesNothing(t *testing.T) {
	t.Setenv("OTEL_SDK_DISABLED", "true")
	stderr, file := os.Stderr, tempFile(t)
	os.Stderr = file
	defer func() { os.Stderr = stderr }()
	p, err := asynclog.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.PhaseLogger().Log(t.Context(), bridge.PhaseCompletion, "nowhere")
	p.PhaseLogger().LogAny(t.Context(), bridge.PhaseError, "nowhere", 1, "c-1")
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if text := contents(t, file); text != "" {
		t.Errorf("written: %s", text)
	}
}

// TestNotDisabled: by OpenTelemetry's rule only the word true is true.
func TestNotDisabled(t *testing.T) {
	for value, reports := range map[string]bool{"": false, "false": false, "FALSE": false, "1": true, "yes": true, " truly": true} {
		t.Run(value, func(t *testing.T) {
			t.Setenv("OTEL_SDK_DISABLED", value)
			reported := catchErrors(t)
			p, exporter := start(t)
			slog.Info("logged")
			if n := len(flushed(t, p, exporter)); n != 1 {
				t.Errorf("%d records", n)
			}
			if strings.Contains(reported.text(), "OTEL_SDK_DISABLED") != reports {
				t.Errorf("reported %q", reported.text())
			}
		})
	}
}
