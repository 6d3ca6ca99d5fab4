//go:build unix

package asynclog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

func init() {
	stuckProgram := func(end func(*asynclog.Pipeline)) func() {
		return func() {
			p, _ := asynclog.Start(context.Background())
			slog.Info("x")
			slog.Error("y")
			end(p)
		}
	}
	children["exit stuck"] = stuckProgram(func(p *asynclog.Pipeline) { p.Exit(3) })
	children["fatal stuck"] = stuckProgram(func(p *asynclog.Pipeline) { p.Fatal("z") })
	children["handler exits"] = handlerExits
}

// handlerExits has an error handler that ends the program, as a cautious one may.
func handlerExits() {
	e := exportertest.New()
	e.FailNext(1000, errors.New("strange"))
	p, _ := asynclog.Start(context.Background(), asynclog.WithExporter(sdklog.Exporter(e)))
	depth := 0
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {
		if depth++; depth > 10 {
			os.Exit(98)
		}
		p.Exit(5)
	}))
	slog.Info("x")
	p.Exit(5)
}

// stuckPipe returns the end of a full pipe that nobody reads.
func stuckPipe(t *testing.T) *os.File {
	t.Helper()
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	_ = syscall.SetNonblock(fds[1], true)
	for _, b := range [][]byte{make([]byte, 4096), make([]byte, 1)} {
		for {
			if _, err := syscall.Write(fds[1], b); err != nil {
				break
			}
		}
	}
	_ = syscall.SetNonblock(fds[1], false)
	f := os.NewFile(uintptr(fds[1]), "stuck")
	t.Cleanup(func() { _ = f.Close(); _ = syscall.Close(fds[0]) })
	return f
}

// TestExitEndsTheProcess: whatever standard error and the error handler do.
func TestExitEndsTheProcess(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		stuck  bool
		limit  time.Duration
	}{
		"exit stuck":    {3, true, 5 * time.Second},
		"fatal stuck":   {1, true, 7 * time.Second},
		"handler exits": {5, false, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, os.Args[0])
			cmd.Env = append(os.Environ(), asChild+"="+name)
			if c.stuck {
				cmd.Stdout, cmd.Stderr = stuckPipe(t), stuckPipe(t)
			}
			began := time.Now()
			_ = cmd.Run()                                                // its error is the exit status
			if took := time.Since(began); took > c.limit+2*time.Second { // the process must start, too
				t.Errorf("took %v", took)
			}
			if got := cmd.ProcessState.ExitCode(); got != c.status {
				t.Errorf("ended with %v, want status %d", cmd.ProcessState, c.status)
			}
		})
	}
}

type blockingHandler struct{ until chan struct{} }

func (h *blockingHandler) Handle(error) { <-h.until }

// TestStartEndsWithItsContext: an error handler, which Start calls, may block for ever.
func TestStartEndsWithItsContext(t *testing.T) {
	before := otel.GetErrorHandler()
	blocked := make(chan struct{})
	otel.SetErrorHandler(&blockingHandler{blocked})
	defer otel.SetErrorHandler(before)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "bad")
	logging := loggingNow()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	p, err := asynclog.Start(ctx, asynclog.WithExporter(exportertest.New()))
	if p != nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Start: %v, %v", p, err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	close(blocked)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		// The abandoned start undoes what it did, and then another one is possible.
		p, err := asynclog.Start(t.Context(), asynclog.WithExporter(exportertest.New()))
		if err == nil {
			_ = p.Shutdown(t.Context())
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	logging.wantNow(t)
}

// TestStartThatGivesUpLeavesTheExporter: a Start that gave up before it used the exporter
// does not shut it down later.
func TestStartThatGivesUpLeavesTheExporter(t *testing.T) {
	before := otel.GetErrorHandler()
	blocked := make(chan struct{})
	otel.SetErrorHandler(&blockingHandler{blocked})
	defer otel.SetErrorHandler(before)
	// The configuration reports it, once in a process.
	t.Setenv("KRUNCHWRAPPER_LOG_LEVEL", fmt.Sprintf("bad %d", time.Now().UnixNano()))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	e := exportertest.New()
	if p, err := asynclog.Start(ctx, asynclog.WithExporter(e), asynclog.WithoutInstall()); p != nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Start: %v, %v", p, err)
	}
	close(blocked)
	p, err := asynclog.Start(t.Context(), asynclog.WithExporter(e), asynclog.WithoutInstall())
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // the abandoned start goes on meanwhile
	if n := e.Shutdowns(); n != 0 {
		t.Errorf("the exporter was shut down %d times", n)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
