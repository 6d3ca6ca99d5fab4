package bridge_test

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"testing"
	"testing/slogtest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// TestHandlerContract runs slog's test of handlers on a whole pipeline.
func TestHandlerContract(t *testing.T) {
	for name, opts := range map[string][]bridge.Option{
		"plain":  nil,
		"source": {bridge.WithSource(true)},
	} {
		t.Run(name, func(t *testing.T) {
			var p *pipe
			slogtest.Run(t,
				func(t *testing.T) slog.Handler {
					t.Helper()
					p = newPipe(t, exportertest.New())
					return bridge.NewHandler("contract", append(opts, bridge.WithLoggerProvider(p))...)
				},
				func(t *testing.T) map[string]any {
					t.Helper()
					r := p.only(t)
					return slogView(&r)
				})
		})
	}
}

// slogView returns a record in the form that slogtest expects.
func slogView(r *sdklog.Record) map[string]any {
	m := attributesOf(r)
	if !r.Timestamp().IsZero() {
		m[slog.TimeKey] = r.Timestamp()
	}
	m[slog.LevelKey] = r.SeverityText()
	m[slog.MessageKey] = r.Body().AsString()
	if file, ok := m["code.file.path"]; ok {
		m[slog.SourceKey] = file
	}
	return m
}

func TestHandlerRecord(t *testing.T) {
	p := newPipe(t, exportertest.New())
	h := bridge.NewHandler("some/package",
		bridge.WithLoggerProvider(p),
		bridge.WithLoggerOptions(
			log.WithInstrumentationVersion("v1.2.3"),
			log.WithSchemaURL("https://example.com/schema"),
			nil,
		),
		bridge.WithLoggerOptions(log.WithInstrumentationAttributes(attribute.String("team", "a"))),
	)
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	record := slog.NewRecord(at, slog.LevelWarn+1, "careful", 0)
	record.AddAttrs(slog.Int("n", 1), slog.Any("error", errors.New("broken")))
	if err := h.Handle(t.Context(), record); err != nil {
		t.Error(err)
	}

	r := p.only(t)
	if !r.Timestamp().Equal(at) || r.Body().AsString() != "careful" {
		t.Errorf("time %v, body %v", r.Timestamp(), r.Body())
	}
	if r.Severity() != log.SeverityWarn2 || r.SeverityText() != "WARN+1" {
		t.Errorf("severity %v %q", r.Severity(), r.SeverityText())
	}
	wantAttributes(t, r, map[string]any{
		"n": int64(1), "exception.message": "broken", "exception.type": "*errors.errorString",
	})
	scope := r.InstrumentationScope()
	if scope.Name != "some/package" || scope.Version != "v1.2.3" || scope.SchemaURL != "https://example.com/schema" {
		t.Errorf("scope %+v", scope)
	}
	if v, _ := scope.Attributes.Value("team"); v.AsString() != "a" {
		t.Errorf("scope attributes %v", scope.Attributes)
	}
}

func TestHandlerGroups(t *testing.T) {
	p := newPipe(t, exportertest.New())
	l := slog.New(bridge.NewHandler("groups", bridge.WithLoggerProvider(p), bridge.WithSource(false)))
	l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").With().WithGroup("").Info("grouped", "c", 3)
	r := p.only(t)
	want := map[string]any{
		"a": int64(1),
		"g": map[string]any{"b": int64(2), "h": map[string]any{"c": int64(3)}},
	}
	if got := attributesOf(&r); !reflect.DeepEqual(got, want) {
		t.Errorf("attributes %v, want %v", got, want)
	}
}

func TestHandlerSource(t *testing.T) {
	p := newPipe(t, exportertest.New())
	l := slog.New(bridge.NewHandler("source", bridge.WithLoggerProvider(p), bridge.WithSource(true)))
	l.With("a", 1).Info("where am I?") // this line
	r := p.only(t)
	wantSource(t, &r, "handler_test.go", "TestHandlerSource")
}

func TestHandlerLevelIsDynamic(t *testing.T) {
	p := newPipe(t, exportertest.New())
	var level slog.LevelVar
	l := slog.New(bridge.NewHandler("level", bridge.WithLoggerProvider(p), bridge.WithLevel(&level)))
	derived := l.With("k", "v").WithGroup("g")

	l.Debug("0")
	level.Set(slog.LevelDebug)
	l.Debug("1")
	derived.Debug("2")
	level.Set(slog.LevelError)
	l.Warn("3")
	derived.Warn("4")
	l.Error("5")

	wantBodies(t, p, "1", "2", "5")
	if s := p.processor.Stats(); s.Emitted != 3 {
		t.Errorf("%d records reached the processor, want 3", s.Emitted)
	}
}

func TestHandlerDefaultLevelIsInfo(t *testing.T) {
	for name, opt := range map[string]bridge.Option{
		"no option": nil, "nil": bridge.WithLevel(nil),
	} {
		t.Run(name, func(t *testing.T) {
			p := newPipe(t, exportertest.New())
			l := slog.New(bridge.NewHandler("level", bridge.WithLoggerProvider(p), opt))
			l.Debug("debug")
			l.Info("info")
			wantBodies(t, p, "info")
		})
	}
}

// TestHandlerEnabledByProvider: a level that is high enough does not suffice; the
// provider must be enabled too.
func TestHandlerEnabledByProvider(t *testing.T) {
	h := bridge.NewHandler("off", bridge.WithLoggerProvider(sdklog.NewLoggerProvider()))
	if h.Enabled(t.Context(), slog.LevelError) {
		t.Error("enabled although the provider has no processor")
	}
}

func TestHandlerDisabledDoesNotAllocate(t *testing.T) {
	p := newPipe(t, exportertest.New())
	l := slog.New(bridge.NewHandler("disabled", bridge.WithLoggerProvider(p)))
	ctx := context.Background()
	if n := testing.AllocsPerRun(100, func() {
		l.DebugContext(ctx, "not wanted")
		l.LogAttrs(ctx, slog.LevelDebug, "not wanted", slog.String("k", "v"))
	}); n != 0 {
		t.Errorf("%v allocations for a disabled call, want 0", n)
	}
}
