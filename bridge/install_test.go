package bridge_test

import (
	"context"
	"io"
	stdlog "log"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/noop"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// Obtained when the program starts, like package variables of libraries: before any
// installation, and before a global provider is set.
var (
	earlyProvider = otel.GetLoggerProvider()
	earlyLogger   = otel.Logger("early")
	earlySlog     = slog.With("early", true)
)

func emit(l log.Logger, body string) {
	var r log.Record
	r.SetSeverity(log.SeverityInfo)
	r.SetBody(attribute.StringValue(body))
	l.Emit(context.Background(), r)
}

func TestInstallDirectsAllLogging(t *testing.T) {
	keepState(t)
	p := newPipe(t, exportertest.New())
	defer bridge.Install(p)()

	slog.Info("slog without context")
	slog.InfoContext(t.Context(), "slog with context")
	slog.With("k", "v").WithGroup("g").Info("slog derived")
	slog.Debug("below the level")
	stdlog.Print("log")
	stdlog.New(stdlog.Writer(), "", 0).Print("a logger of log's output")
	emit(otel.Logger("global"), "global provider")
	emit(earlyLogger, "early global logger")
	emit(earlyProvider.Logger("late"), "early global provider")
	earlySlog.Info("early slog")

	wantBodies(t, p, "slog without context", "slog with context", "slog derived", "log",
		"a logger of log's output", "global provider", "early global logger", "early global provider",
		"early slog early=true")
}

func TestInstallScopesAndOptions(t *testing.T) {
	keepState(t)
	p := newPipe(t, exportertest.New())
	defer bridge.Install(p,
		bridge.WithLoggerOptions(
			log.WithInstrumentationVersion("v1"), log.WithSchemaURL("https://example.com/schema"),
			log.WithInstrumentationAttributes(attribute.Bool("a", true)),
		),
		bridge.WithLevel(slog.LevelDebug), bridge.WithSource(true),
	)()
	slog.Debug("slog") // this line
	r := p.only(t)
	wantSource(t, &r, "install_test.go", "TestInstallScopesAndOptions")
	wantScope(t, &r, "log/slog")
	stdlog.Print("log") // this line
	r = p.only(t)
	wantSource(t, &r, "install_test.go", "TestInstallScopesAndOptions")
	wantScope(t, &r, "log")
}

func wantScope(tb testing.TB, r *sdklog.Record, name string) {
	tb.Helper()
	s := r.InstrumentationScope()
	if a, _ := s.Attributes.Value("a"); s.Name != name || s.Version != "v1" || !a.AsBool() ||
		s.SchemaURL != "https://example.com/schema" {
		tb.Errorf("scope %+v, want name %q", s, name)
	}
}

func TestRestorePutsEverythingBack(t *testing.T) {
	for name, before := range map[string]func(){
		"untouched": func() {},
		"flags and prefix": func() {
			stdlog.SetFlags(stdlog.Lmicroseconds | stdlog.Lmsgprefix)
			stdlog.SetPrefix("prefix: ")
			stdlog.SetOutput(io.Discard)
		},
		"own slog default": func() {
			slog.SetDefault(slog.New(slog.NewJSONHandler(io.Discard, nil)))
			stdlog.SetFlags(stdlog.Lshortfile)
		},
		"own provider": func() { otel.SetLoggerProvider(noop.NewLoggerProvider()) },
	} {
		t.Run(name, func(t *testing.T) {
			changeState(t, before)
			keepState(t)
			p := newPipe(t, exportertest.New())
			restore := bridge.Install(p)
			if s := currentState(); s.flags != 0 || s.writer == io.Discard {
				t.Errorf("not installed: %+v", s)
			}
			stdlog.SetPrefix("changed: ")
			stdlog.SetFlags(stdlog.LUTC)
			restore()
			restore()
		})
	}
}

// TestSecondInstallReceivesEarlierLoggers emits with loggers of every kind and age
// during one installation, during another, and without any.
func TestSecondInstallReceivesEarlierLoggers(t *testing.T) {
	keepState(t)
	first, second := newPipe(t, exportertest.New()), newPipe(t, exportertest.New())
	changeState(t, func() { stdlog.SetOutput(io.Discard) })

	restore := bridge.Install(first, bridge.WithLevel(slog.LevelDebug))
	kept := slog.With("k", 1).WithGroup("g")
	keptStd := stdlog.New(stdlog.Writer(), "", 0)
	keptOTel := otel.Logger("kept")
	all := func(text string) {
		kept.Debug(text+" slog debug", "a", 1)
		kept.Info(text+" slog", "a", 1)
		keptStd.Print(text + " log")
		emit(keptOTel, text+" otel")
		emit(earlyLogger, text+" early")
	}
	all("first")
	restore()
	all("between")
	restore = bridge.Install(second)
	all("second")
	restore()
	all("after")

	wantBodies(t, first, "first slog debug", "first slog", "first log", "first otel", "first early")
	wantBodies(t, second, "second slog", "second log", "second otel", "second early")
	r := second.exporter.Records()[0]
	wantAttributes(t, r, map[string]any{"k": int64(1), "g": map[string]any{"a": int64(1)}})
}

// TestLoggersReturnToEarlierProvider: loggers obtained during an installation
// return to the global provider that was there before it.
func TestLoggersReturnToEarlierProvider(t *testing.T) {
	before, p := newPipe(t, exportertest.New()), newPipe(t, exportertest.New())
	changeState(t, func() {
		otel.SetLoggerProvider(before)
		slog.SetDefault(slog.New(bridge.NewHandler("before")))
	})
	restore := bridge.Install(p)
	l, s := otel.Logger("kept"), slog.With("k", "v")
	restore()
	if !l.Enabled(t.Context(), log.EnabledParameters{Severity: log.SeverityInfo}) {
		t.Error("not enabled")
	}
	emit(l, "otel")
	s.Info("slog")
	wantBodies(t, before, "otel", "slog")
	wantBodies(t, p)
}

// TestDeriveNothing: slog requires that these return the handler itself.
func TestDeriveNothing(t *testing.T) {
	p := newPipe(t, exportertest.New())
	defer bridge.Install(p)()
	for _, h := range []slog.Handler{slog.Default().Handler(), bridge.NewHandler("x", bridge.WithLoggerProvider(p))} {
		if h.WithAttrs(nil) != h || h.WithGroup("") != h {
			t.Errorf("%T is not itself", h)
		}
	}
}

func TestInstallGlobalProvider(t *testing.T) {
	keepState(t)
	p := newPipe(t, exportertest.New())
	restore := bridge.Install(p)
	again := bridge.Install(otel.GetLoggerProvider(), bridge.WithLevel(slog.LevelDebug))
	slog.Debug("by way of the global provider")
	restore()
	slog.Debug("still there")
	again()
	wantBodies(t, p, "by way of the global provider", "still there")

	changeState(t, func() { otel.SetLoggerProvider(p) })
	restore = bridge.Install(nil)
	slog.Info("nil is the global provider")
	restore()
	if r := p.only(t); r.Body().AsString() != "nil is the global provider" {
		t.Errorf("body %q", r.Body().AsString())
	}
}

// TestInstallRefusesItself: OpenTelemetry's default provider leads to the installed
// one, so it must not be installed itself.
func TestInstallRefusesItself(t *testing.T) {
	keepState(t)
	var errs []error
	changeErrorHandler(t, otel.ErrorHandlerFunc(func(err error) { errs = append(errs, err) }))
	before := currentState()
	for _, p := range []log.LoggerProvider{nil, earlyProvider} {
		restore := bridge.Install(p)
		if currentState() != before {
			t.Errorf("Install(%T) changed the state", p)
		}
		restore()
	}
	// The default provider leads here also when it is no longer the global one.
	bridge.Install(newPipe(t, exportertest.New()))()
	changeState(t, func() { otel.SetLoggerProvider(noop.NewLoggerProvider()) })
	bridge.Install(earlyProvider)()
	if len(errs) != 3 {
		t.Errorf("errors %v, want three", errs)
	}
}

// TestInstallAfterShutdown: logging after the provider's Shutdown is not an error.
func TestInstallAfterShutdown(t *testing.T) {
	keepState(t)
	p := newPipe(t, exportertest.New(), processor.WithFallback(nil))
	restore := bridge.Install(p)
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	slog.Info("late")
	stdlog.Print("late")
	restore()
	if n := p.exporter.RecordsTaken(); n != 0 {
		t.Errorf("%d records, want none", n)
	}
}

// TestSetDefaultAfterInstall follows the advice of the package documentation.
func TestSetDefaultAfterInstall(t *testing.T) {
	p := newPipe(t, exportertest.New())
	changeState(t, func() {})
	defer bridge.Install(p)()
	out := stdlog.Writer()
	slog.SetDefault(slog.With("service", "shop"))
	stdlog.SetOutput(out)

	slog.Info("slog")
	r := p.only(t)
	wantAttributes(t, r, map[string]any{"service": "shop"})
	survive(func() { stdlog.Panic("log") })
	records := p.exporter.Records()
	if r := records[len(records)-1]; r.Severity() != log.SeverityError || r.Body().AsString() != "log" {
		t.Errorf("severity %v, body %v", r.Severity(), r.Body())
	}
}
