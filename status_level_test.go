package asynclog_test

import (
	"bytes"
	"log"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"go.opentelemetry.io/otel"
	otellog "go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/severity"
)

var _ slog.Leveler = (*asynclog.Pipeline)(nil)

func TestSetLevelAffectsAllLoggers(t *testing.T) {
	p, exporter := start(t)
	ctx := t.Context()
	otelLogger := otel.GetLoggerProvider().Logger("test")
	derived := slog.With("derived", true)
	logAll := func() {
		slog.Debug("slog debug")
		derived.Warn("slog warn")
		log.Print("log")
		emit(ctx, otel.GetLoggerProvider(), otellog.SeverityDebug, "otel debug")
		emit(ctx, p.LoggerProvider(), otellog.SeverityWarn, "otel warn")
		p.PhaseLogger().Log(ctx, "ANALYSIS", "phase")
	}
	seen := 0
	for _, step := range []struct {
		level slog.Level
		want  []string
	}{
		{slog.LevelInfo, []string{"slog warn", "log", "otel warn", "phase"}},
		{slog.LevelDebug, []string{"slog debug", "slog warn", "log", "otel debug", "otel warn", "phase"}},
		{slog.LevelError, nil},
		{slog.LevelWarn, []string{"slog warn", "otel warn"}},
	} {
		p.SetLevel(step.level)
		if p.Level() != step.level {
			t.Errorf("level %v, want %v", p.Level(), step.level)
		}
		logAll()
		records := flushed(t, p, exporter)
		if got := bodies(records[seen:]); !slices.Equal(got, step.want) {
			t.Errorf("at %v: records %q, want %q", step.level, got, step.want)
		}
		seen = len(records)
		// Enabled is already false, so the record need not be built.
		for _, s := range []otellog.Severity{otellog.SeverityDebug, otellog.SeverityInfo, otellog.SeverityWarn, otellog.SeverityError} {
			want := s >= severity.FromLevel(step.level)
			if got := otelLogger.Enabled(ctx, otellog.EnabledParameters{Severity: s}); got != want {
				t.Errorf("at %v: severity %v is enabled: %v", step.level, s, got)
			}
		}
		if got := slog.Default().Enabled(ctx, slog.LevelInfo); got != (step.level <= slog.LevelInfo) {
			t.Errorf("at %v: INFO is enabled for slog: %v", step.level, got)
		}
	}
}

func TestBridgeOptionsDoNotOverrideTheLevel(t *testing.T) {
	p, exporter := start(t, asynclog.WithBridgeOptions(bridge.WithLevel(slog.LevelError)))
	slog.Info("logged")
	p.PhaseLogger().Log(t.Context(), "ANALYSIS", "phase")
	if got := bodies(flushed(t, p, exporter)); !slices.Equal(got, []string{"logged", "phase"}) {
		t.Errorf("records %q", got)
	}
}

func TestVerbose(t *testing.T) {
	t.Setenv("KRUNCHWRAPPER_VERBOSE", "false")
	p, exporter := start(t, asynclog.WithBridgeOptions(bridge.WithSynchronousPhases()))
	if p.Verbose() {
		t.Error("verbose, although the environment says false")
	}
	p.PhaseLogger().Log(t.Context(), "ANALYSIS", "off")
	p.PhaseLogger().Log(t.Context(), bridge.PhaseError, "errors are logged all the same")
	p.SetVerbose(true)
	p.PhaseLogger().Log(t.Context(), "ANALYSIS", "on")
	want := []string{"errors are logged all the same", "on"}
	if got := bodies(flushed(t, p, exporter)); !p.Verbose() || !slices.Equal(got, want) {
		t.Errorf("verbose %v, records %q, want %q", p.Verbose(), got, want)
	}
}

func TestSetLevelConcurrentSafe(t *testing.T) {
	p, _ := start(t)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 200 {
				p.SetLevel(slog.Level(4 * i))
				p.SetVerbose(i%2 == 0)
				slog.Info("logged")
				p.PhaseLogger().Log(t.Context(), "ANALYSIS", "phase")
				_, _, _ = p.Level(), p.Verbose(), p.Statistics()
				_ = p.Healthy()
			}
		})
	}
	wg.Wait()
}

// TestCompletionIsExportedAtOnce: the most important phases do not wait until a batch is
// full. The caller also writes them itself.
func TestCompletionIsExportedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var written bytes.Buffer
		p, exporter := start(t, asynclog.WithoutInstall(),
			asynclog.WithBridgeOptions(bridge.WithSynchronousWriter(&written)))
		p.PhaseLogger().Log(t.Context(), "ANALYSIS", "waits")
		synctest.Wait()
		if n := exporter.RecordsTaken(); n != 0 {
			t.Errorf("%d records exported, want none yet", n)
		}
		p.PhaseLogger().Log(t.Context(), bridge.PhaseCompletion, "does not")
		synctest.Wait()
		if n := exporter.RecordsTaken(); n != 2 || !strings.Contains(written.String(), "does not") {
			t.Errorf("%d records exported, written: %s", n, &written)
		}
	})
}
