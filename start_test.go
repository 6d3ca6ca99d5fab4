package asynclog_test

import (
	"context"
	"errors"
	"io/fs"
	"log"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// emit logs with OpenTelemetry's Logs API.
func emit(ctx context.Context, provider otellog.LoggerProvider, severity otellog.Severity, body string) {
	var r otellog.Record
	r.SetSeverity(severity)
	r.SetBody(attribute.StringValue(body))
	provider.Logger("test").Emit(ctx, r)
}

func TestStartDirectsAllLogging(t *testing.T) {
	early := slog.With("early", true)
	p, exporter := start(t)
	ctx := bridge.ContextWithCorrelationID(t.Context(), "c-1")

	slog.InfoContext(ctx, "slog")
	log.Print("log")
	emit(ctx, otel.GetLoggerProvider(), otellog.SeverityInfo, "global")
	emit(ctx, p.LoggerProvider(), otellog.SeverityInfo, "provider")
	p.PhaseLogger().Log(ctx, "ANALYSIS", "phase")
	early.Info("early")

	records := flushed(t, p, exporter)
	got := bodies(records)
	if want := []string{"slog", "log", "global", "provider", "phase"}; !slices.Equal(got[:len(want)], want) {
		t.Errorf("records %q, want %q", got, want)
	}
	for i := range records[:5] {
		want := "c-1"
		if got[i] == "log" { // the log package has no context
			want = ""
		}
		if id := attr(&records[i], "correlation.id"); id != want {
			t.Errorf("%q has correlation ID %q, want %q", got[i], id, want)
		}
	}
}

func TestStatistics(t *testing.T) {
	p, exporter := start(t)
	slog.Info("one")
	slog.Debug("filtered before the record is built")
	emit(t.Context(), otel.GetLoggerProvider(), otellog.SeverityDebug, "filtered")
	p.Monitor().Start(t.Context(), "parse").Stop()
	flushed(t, p, exporter)

	s := p.Statistics()
	if a := s.AsyncLogging; a.Emitted != 2 || a.Exported != 1 || a.Filtered != 1 {
		t.Errorf("ledger %+v", a)
	}
	if s.PerformanceMonitoring["parse"].Count != 1 {
		t.Errorf("timings %+v", s.PerformanceMonitoring)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := p.Statistics(); after.AsyncLogging.Exported != 1 || after.PerformanceMonitoring["parse"].Count != 1 {
		t.Errorf("after Shutdown: %+v", after)
	}
}

func TestStartTwice(t *testing.T) {
	first, exporter := start(t)
	second := exportertest.New()
	p, err := asynclog.Start(t.Context(), asynclog.WithExporter(second))
	if p != nil || !errors.Is(err, asynclog.ErrStarted) {
		t.Fatalf("the second Start returned %v, %v", p, err)
	}
	for _, word := range []string{"Shutdown", "WithoutInstall"} { // the two remedies
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not mention %s: %v", word, err)
		}
	}
	if second.Shutdowns() != 0 {
		t.Error("the exporter was shut down, but belongs to the caller")
	}
	slog.Info("still there")
	if got := bodies(flushed(t, first, exporter)); !slices.Equal(got, []string{"still there"}) {
		t.Errorf("records %q", got)
	}
}

func TestStartAfterShutdown(t *testing.T) {
	for _, body := range []string{"first", "second", "third"} {
		before := loggingNow()
		p, exporter := start(t)
		slog.Info(body)
		if err := p.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := exporter.Bodies(); !slices.Equal(got, []string{body}) {
			t.Errorf("records %q, want %q", got, body)
		}
		before.wantNow(t)
	}
}

func TestStartWithoutInstall(t *testing.T) {
	before := loggingNow()
	p1, e1 := start(t, asynclog.WithoutInstall())
	p2, e2 := start(t, asynclog.WithoutInstall())
	before.wantNow(t)
	all, e3 := start(t) // nothing is installed yet

	emit(t.Context(), p1.LoggerProvider(), otellog.SeverityInfo, "1")
	emit(t.Context(), p2.LoggerProvider(), otellog.SeverityInfo, "2")
	slog.Info("3")
	for i, got := range [][]string{
		bodies(flushed(t, p1, e1)), bodies(flushed(t, p2, e2)), bodies(flushed(t, all, e3)),
	} {
		if want := []string{string(rune('1' + i))}; !slices.Equal(got, want) {
			t.Errorf("records %q, want %q", got, want)
		}
	}
	if err := p1.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	slog.Info("4")
	if got := bodies(flushed(t, all, e3)); !slices.Equal(got, []string{"3", "4"}) {
		t.Errorf("records %q", got)
	}
}

// failingMeters is a provider that panics, or fails to make an instrument.
type failingMeters struct {
	noop.MeterProvider
	panics bool
}

type failingMeter struct{ noop.Meter }

func (m failingMeters) Meter(string, ...metric.MeterOption) metric.Meter {
	if m.panics {
		panic("no meter")
	}
	return failingMeter{}
}

func (failingMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return nil, errors.New("no histogram")
}

func TestFailedStartChangesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "missing.jsonc")
	for name, c := range map[string]struct {
		opts []asynclog.Option
		want error
		text string
	}{
		"missing file": {
			[]asynclog.Option{asynclog.WithConfigOptions(envconfig.WithFile(file))}, fs.ErrNotExist, file,
		},
		"bad option": {
			[]asynclog.Option{asynclog.WithConfigOptions(envconfig.WithQueueSize(-1))}, envconfig.ErrInvalid, "-1",
		},
		"nil exporter": {
			[]asynclog.Option{asynclog.WithExporter(nil)}, nil, "WithExporter",
		},
		"two configurations": {
			[]asynclog.Option{
				asynclog.WithConfig(envconfig.Config{}), asynclog.WithConfigOptions(envconfig.WithAsync(true)),
			}, nil, "WithConfigOptions",
		},
	} {
		t.Run(name, func(t *testing.T) {
			exportertest.NoLeaks(t)
			before := loggingNow()
			exporter := exportertest.New()
			p, err := asynclog.Start(t.Context(), append([]asynclog.Option{asynclog.WithExporter(exporter)}, c.opts...)...)
			if p != nil || err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("Start returned %v, %v", p, err)
			}
			before.wantNow(t)
			if exporter.Shutdowns() != 0 {
				t.Error("the exporter was shut down, but belongs to the caller")
			}
			start(t) // no pipeline is installed
		})
	}
}

func TestPanickingStartChangesNothing(t *testing.T) {
	exportertest.NoLeaks(t)
	before := loggingNow()
	func() {
		defer func() {
			if v := recover(); v != "no meter" {
				t.Errorf("recovered %v", v)
			}
		}()
		_, _ = asynclog.Start(t.Context(), asynclog.WithMeterProvider(failingMeters{panics: true}))
	}()
	before.wantNow(t)
	start(t) // no pipeline is installed
}

// TestStartWithoutHistogram: a program must not lose its logs because its metrics do not
// work.
func TestStartWithoutHistogram(t *testing.T) {
	reported := catchErrors(t)

	p, exporter := start(t, asynclog.WithMeterProvider(failingMeters{}))
	p.Monitor().Start(t.Context(), "parse").Stop()
	slog.Info("logged")
	if got := bodies(flushed(t, p, exporter)); !slices.Equal(got, []string{"logged"}) {
		t.Errorf("records %q", got)
	}
	if !strings.Contains(reported.text(), "no histogram") {
		t.Errorf("reported %q", reported.text())
	}
}

func TestStartWithNilContextAndNilOptions(t *testing.T) {
	exporter := exportertest.New()
	//nolint:staticcheck // the test is about nil contexts
	p, err := asynclog.Start(nil, nil, asynclog.WithExporter(exporter), nil, asynclog.WithProcessor(nil),
		asynclog.WithResource(nil), asynclog.WithMeterProvider(nil), asynclog.WithTracerProvider(nil),
		asynclog.WithOutput(nil), asynclog.WithBridgeOptions(nil), asynclog.WithProcessorOptions(nil),
		asynclog.WithMonitorOptions(nil))
	if err != nil {
		t.Fatal(err)
	}
	slog.Info("logged")
	//nolint:staticcheck // as above
	if err := errors.Join(p.ForceFlush(nil), p.Shutdown(nil)); err != nil {
		t.Fatal(err)
	}
	if got := exporter.Bodies(); !slices.Equal(got, []string{"logged"}) {
		t.Errorf("records %q", got)
	}
}

// TestOverflowDropsTheLeastSevere: the most severe records are lost last.
func TestOverflowDropsTheLeastSevere(t *testing.T) {
	exporter := exportertest.New()
	release := exporter.Block()
	defer release()
	p := startWith(t, exporter, asynclog.WithConfigOptions(
		envconfig.WithLevel(slog.LevelDebug), envconfig.WithQueueSize(2), envconfig.WithBatchSize(1)),
		asynclog.WithProcessorOptions(processor.WithGapRecords(false)))
	slog.Info("in flight")
	if err := exporter.WaitEntered(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	slog.Debug("detail")
	slog.Info("served")
	slog.Warn("almost full")
	release()
	if got, want := bodies(flushed(t, p, exporter)), []string{"in flight", "served", "almost full"}; !slices.Equal(got, want) {
		t.Errorf("records %q, want %q", got, want)
	}
	if d := p.Statistics().AsyncLogging.Dropped; len(d) != 1 || d[0].Reason != processor.ReasonEvicted {
		t.Errorf("dropped %v", d)
	}
}

func TestNilAndZeroPipeline(t *testing.T) {
	var zero asynclog.Pipeline
	for name, p := range map[string]*asynclog.Pipeline{"nil": nil, "zero": &zero} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			emit(ctx, p.LoggerProvider(), otellog.SeverityInfo, "nowhere")
			p.PhaseLogger().Log(ctx, bridge.PhaseError, "nowhere")
			p.Monitor().Start(ctx, "nothing").Stop()
			p.SetLevel(slog.LevelDebug)
			p.SetVerbose(false)
			_, _ = p.Level(), p.Verbose()
			if s := p.Statistics(); s.AsyncLogging.Emitted != 0 || len(s.PerformanceMonitoring) != 0 {
				t.Errorf("statistics %+v", s)
			}
			if err := p.Healthy(); !errors.Is(err, asynclog.ErrNotStarted) {
				t.Errorf("Healthy returned %v", err)
			}
			if err := errors.Join(p.ForceFlush(ctx), p.Shutdown(ctx), p.Shutdown(ctx)); err != nil {
				t.Error(err)
			}
			if p.Disabled() || p.Handler() == nil || p.SettingsHandler() == nil {
				t.Error("disabled, or without a handler")
			}
		})
	}
}
