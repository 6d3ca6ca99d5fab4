package bridge_test

import (
	"io"
	stdlog "log"
	"log/slog"
	"runtime"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/noop"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// TestRestoreOutOfOrder restores three installations in every order. The latest of the
// remaining ones is always in effect.
func TestRestoreOutOfOrder(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		changeState(t, func() {
			stdlog.SetOutput(io.Discard)
			stdlog.SetFlags(stdlog.Llongfile)
			stdlog.SetPrefix("p")
		})
		keepState(t)
		var pipes []*pipe
		var restores []func()
		for range 3 {
			p := newPipe(t, exportertest.New())
			pipes = append(pipes, p)
			restores = append(restores, bridge.Install(p))
		}
		left := []int{0, 1, 2}
		for _, i := range order {
			restores[i]()
			restores[i]()
			left = slices.DeleteFunc(left, func(n int) bool { return n == i })
			counts := make([]int, 3)
			for n, p := range pipes {
				counts[n] = len(p.records(t))
			}
			slog.Info("slog")
			stdlog.Print("log")
			emit(otel.Logger("otel"), "otel")
			for n, p := range pipes {
				want := counts[n]
				if len(left) > 0 && n == left[len(left)-1] {
					want += 3
				}
				if got := len(p.records(t)); got != want {
					t.Errorf("order %v, after restoring %d: pipeline %d has %d records, want %d", order, i, n, got, want)
				}
			}
		}
	}
}

// TestRestoreKeepsProgramsGlobals replaces all globals between two installations. The
// second one restores these values, and the first does not touch them.
func TestRestoreKeepsProgramsGlobals(t *testing.T) {
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		p := newPipe(t, exportertest.New())
		var others state
		changeState(t, func() {})
		restores := []func(){bridge.Install(p), nil}
		slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
		stdlog.SetOutput(io.Discard)
		stdlog.SetFlags(stdlog.LUTC)
		stdlog.SetPrefix("others: ")
		otel.SetLoggerProvider(noop.NewLoggerProvider())
		others = currentState()
		restores[1] = bridge.Install(p)
		for _, i := range order {
			restores[i]()
		}
		got := currentState()
		got.errors, others.errors = nil, nil
		if got != others {
			t.Errorf("order %v: state %+v, want %+v", order, got, others)
		}
	}
}

// TestInstallWithWrappedDefault makes loggers that lead to an earlier installation the
// globals, as slog.SetDefault(slog.Default().With(…)) does. Nothing may call itself.
func TestInstallWithWrappedDefault(t *testing.T) {
	first, second := newPipe(t, exportertest.New()), newPipe(t, exportertest.New())
	changeState(t, func() { stdlog.SetOutput(io.Discard) })
	restore := bridge.Install(first)
	slog.SetDefault(slog.With("wrapped", true))
	stdlog.SetOutput(io.MultiWriter(stdlog.Writer()))
	type wrapped struct{ log.LoggerProvider }
	otel.SetLoggerProvider(wrapped{otel.GetLoggerProvider()})
	all := func(text string) {
		slog.Info(text + " slog")
		stdlog.Print(text + " log")
		emit(otel.Logger("otel"), text+" otel")
	}
	all("first")
	restore()
	all("between")
	restore = bridge.Install(second)
	all("second")
	restore()
	all("after")
	wantBodies(t, first, "first slog", "first log", "first otel")
	wantBodies(t, second, "second slog", "second log", "second otel")
}

// TestInstallReleasesProviders replaces one provider with the next, as a program does
// that reloads its configuration. Nothing may keep the providers of installations that
// have been restored.
func TestInstallReleasesProviders(t *testing.T) {
	keepState(t)
	const rounds = 4
	released := make(chan int, rounds)
	restore := func() {}
	for n := range rounds {
		provider := sdklog.NewLoggerProvider()
		runtime.AddCleanup(provider, func(n int) { released <- n }, n)
		next := bridge.Install(provider)
		slog.Info("binds the handler")
		emit(otel.Logger("x"), "binds the logger")
		restore()
		restore = next
	}
	deadline := time.After(10 * time.Second)
	for left := rounds - 1; left > 0; {
		runtime.GC()
		select {
		case <-released:
			left--
		case <-deadline:
			t.Fatalf("%d restored providers are still held", left)
		case <-time.After(time.Millisecond):
		}
	}
	restore()
}
