package bridge_test

import (
	"bytes"
	"errors"
	"io"
	stdlog "log"
	"log/slog"
	"os"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

func changeErrorHandler(tb testing.TB, h otel.ErrorHandler) {
	tb.Helper()
	before := otel.GetErrorHandler()
	otel.SetErrorHandler(&wrappedErrorHandler{h})
	tb.Cleanup(func() { otel.SetErrorHandler(before) })
}

// wrappedErrorHandler makes handlers comparable.
type wrappedErrorHandler struct{ otel.ErrorHandler }

// TestErrorsBypassTheInstallation: OpenTelemetry's default handler prints with the log
// package, so errors of the pipeline would come back into it.
func TestErrorsBypassTheInstallation(t *testing.T) {
	var out bytes.Buffer
	changeState(t, func() {
		stdlog.SetOutput(&out)
		stdlog.SetFlags(stdlog.Lmsgprefix)
		stdlog.SetPrefix("prefix: ")
	})
	keepState(t)
	kept := otel.GetErrorHandler()
	p := newPipe(t, exportertest.New())
	for range 2 {
		restore := bridge.Install(p)
		inner := bridge.Install(p)
		otel.Handle(errors.New("one"))
		kept.Handle(errors.New("two"))
		restore()
		otel.Handle(errors.New("three"))
		inner()
		otel.Handle(errors.New("four"))
		kept.Handle(errors.New("five"))
		want := "prefix: one\nprefix: two\nprefix: three\nprefix: four\nprefix: five\n"
		if out.String() != want {
			t.Errorf("output %q, want %q", out.String(), want)
		}
		out.Reset()
	}
	wantBodies(t, p)
}

func TestErrorsReachTheUsersHandler(t *testing.T) {
	for name, set := range map[string]struct{ before, after bool }{
		"set before": {before: true}, "set after": {after: true},
	} {
		t.Run(name, func(t *testing.T) {
			var errs []error
			h := otel.ErrorHandlerFunc(func(err error) { errs = append(errs, err) })
			if set.before {
				changeErrorHandler(t, h)
			}
			p := newPipe(t, exportertest.New())
			restore := bridge.Install(p)
			if set.after {
				changeErrorHandler(t, h)
			}
			own := otel.GetErrorHandler()
			otel.Handle(errors.New("during"))
			restore()
			otel.Handle(errors.New("after"))
			if len(errs) != 2 || otel.GetErrorHandler() != own {
				t.Errorf("errors %v, want two", errs)
			}
		})
	}
}

// TestErrorsBypassLeftovers: a writer kept from an earlier installation leads to the
// later one if the program makes it the log package's output, but errors do not.
func TestErrorsBypassLeftovers(t *testing.T) {
	var out bytes.Buffer
	changeState(t, func() { stdlog.SetOutput(&out); stdlog.SetFlags(0) })
	p := newPipe(t, exportertest.New())
	restore := bridge.Install(p)
	stdlog.SetOutput(io.MultiWriter(stdlog.Writer()))
	restore()
	defer bridge.Install(p)()
	otel.Handle(errors.New("error"))
	slog.Info("record")
	wantBodies(t, p, "record")
	if out.String() != "error\n" {
		t.Errorf("output %q", out.String())
	}
}

// TestErrorsBypassHandlersThatEmit: before Install, a program may have directed the log
// package to OpenTelemetry with slog.SetDefault.
func TestErrorsBypassHandlersThatEmit(t *testing.T) {
	p := newPipe(t, exportertest.New())
	for name, h := range map[string]slog.Handler{
		"otelslog": otelslog.NewHandler("before", otelslog.WithLoggerProvider(p)),
		"bridge":   bridge.NewHandler("before", bridge.WithLoggerProvider(p)),
	} {
		changeState(t, func() { slog.SetDefault(slog.New(h)) })
		errs := stderrOf(t, func() {
			defer bridge.Install(p)()
			otel.Handle(errors.New("error"))
		})
		if !strings.Contains(errs, "error") {
			t.Errorf("%s: stderr %q", name, errs)
		}
	}
	wantBodies(t, p)
}

// stderrOf returns what f writes to standard error.
func stderrOf(t *testing.T, f func()) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "stderr")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	before := os.Stderr
	os.Stderr = file
	f()
	os.Stderr = before
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
