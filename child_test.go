package asynclog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/processor"
)

// children are the programs that the test binary can run instead of the tests; see
// [asChild]. They are programs as a user would write them, with only standard output and
// standard error.
var children = map[string]func(){
	"run":           run(func(context.Context) error { slog.Info("last words"); return nil }),
	"signal":        run(untilSignalled),
	"stubborn":      run(stubborn),
	"panic":         run(func(context.Context) error { panic(errors.New("out of cheese")) }),
	"index":         run(func(context.Context) error { return fmt.Errorf("%d", []int{}[len(os.Args)]) }),
	"hostile panic": run(func(context.Context) error { panic(hostile{}) }),
	"goexit":        goexit,
	"exit":          exit,
	"fatal":         fatal,
	"fatal late":    fatalLate,
	"log.Fatal":     logFatal,
	"closed pipe":   closedPipe,
	"closed pipes":  closedPipes,
	"stuck":         stuck,
	"prints":        printing(false),
	"prints, logs":  printing(true),
	"only logs":     onlyLogs,
}

func run(f func(context.Context) error) func() {
	return func() {
		if err := asynclog.Run(context.Background(), f); err != nil {
			log.Fatal(err)
		}
	}
}

func untilSignalled(ctx context.Context) error {
	slog.Info("ready")
	_ = asynclog.FromContext(ctx).ForceFlush(ctx)
	<-ctx.Done()
	slog.Info("last words", "cause", context.Cause(ctx).Error())
	return nil
}

func stubborn(ctx context.Context) error {
	_ = untilSignalled(ctx)
	_ = asynclog.FromContext(ctx).ForceFlush(context.Background())
	select {}
}

// hostile is an error whose text panics.
type hostile struct{}

func (hostile) Error() string { panic("Error") }

func goexit() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = asynclog.Run(context.Background(), func(context.Context) error {
			slog.Info("last words")
			runtime.Goexit()
			return nil
		})
	}()
	<-done
}

func exit() {
	p, _ := asynclog.Start(context.Background())
	slog.Info("last words")
	p.Exit(3)
}

func fatal() {
	p, _ := asynclog.Start(context.Background())
	slog.Info("before")
	p.Fatal("last words", "code", 7)
}

func fatalLate() {
	p, _ := asynclog.Start(context.Background())
	_ = p.Shutdown(context.Background())
	p.Fatal("last words")
}

func logFatal() {
	_, _ = asynclog.Start(context.Background())
	log.Fatal("last words")
}

func output(p *asynclog.Pipeline) processor.ExporterStats {
	return p.Statistics().AsyncLogging.Exporters[0]
}

// closedPipe logs until it notices that nobody reads its output, and goes on.
func closedPipe() {
	p, _ := asynclog.Start(context.Background())
	for !output(p).Failing {
		slog.Info("into the pipe")
		_ = p.ForceFlush(context.Background())
	}
	fmt.Fprintln(os.Stderr, "output:", output(p).LastError)
	slog.Error("last words")
	err := p.Shutdown(context.Background())
	s := p.Statistics().AsyncLogging
	fmt.Fprintln(os.Stderr, "shutdown:", err)
	fmt.Fprintln(os.Stderr, "balanced:", s.Balanced(), "fallback:", s.Fallback)
	os.Exit(4)
}

// closedPipes can report nothing to anybody. It does not write to standard error itself:
// that would end it.
func closedPipes() {
	p, _ := asynclog.Start(context.Background())
	for !output(p).Failing {
		slog.Info("into the pipe")
		_ = p.ForceFlush(context.Background())
	}
	slog.Error("to the fallback")
	_ = p.ForceFlush(context.Background()) // waits for the fallback
	p.PhaseLogger().Log(context.Background(), bridge.PhaseError, "to the phase logger's writer")
	p.Exit(6)
}

// printing returns a program that prints to its standard output, and logs or not.
func printing(logs bool) func() {
	return func() {
		if logs {
			p, _ := asynclog.Start(context.Background())
			defer func() { _ = p.Shutdown(context.Background()) }()
		}
		for i := range 100_000 {
			if logs {
				slog.Info("beside what is printed")
			}
			fmt.Println("line", i)
		}
	}
}

// onlyLogs goes on for a while when nobody reads its output any more.
func onlyLogs() {
	p, _ := asynclog.Start(context.Background())
	for range 300 {
		slog.Info("into the pipe")
		slog.Error("also into the pipe")
		_ = p.ForceFlush(context.Background())
		time.Sleep(time.Millisecond)
	}
	_ = p.Shutdown(context.Background())
}

// stuck cannot export its records, and ends all the same.
func stuck() {
	_, w, _ := os.Pipe() // holds 64 KiB, and is never read
	p, _ := asynclog.Start(context.Background(), asynclog.WithOutput(w),
		asynclog.WithConfigOptions(envconfig.WithBatchSize(10)))
	for range 1000 {
		slog.Info("one of many")
	}
	p.PhaseLogger().Log(context.Background(), bridge.PhaseError, "last words")
	p.Exit(5)
}

// child is a running program of children.
type child struct {
	*exec.Cmd
	t      *testing.T
	out    io.ReadCloser
	stdout bytes.Buffer
	stderr bytes.Buffer
}

func newChild(t *testing.T, name string, env ...string) *child {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	c := &child{Cmd: exec.CommandContext(ctx, os.Args[0]), t: t}
	c.Env = append(os.Environ(), append(env, asChild+"="+name)...)
	c.Cmd.Stderr = &c.stderr
	var err error
	if c.out, err = c.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	return c
}

func startChild(t *testing.T, name string, env ...string) *child {
	t.Helper()
	c := newChild(t, name, env...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// waitFor reads standard output until it has the text.
func (c *child) waitFor(text string) {
	c.t.Helper()
	buf := make([]byte, 64<<10)
	for !strings.Contains(c.stdout.String(), text) {
		n, err := c.out.Read(buf)
		c.stdout.Write(buf[:n])
		if err != nil {
			c.t.Fatalf("%v before %q:\n%s%s", err, text, &c.stdout, &c.stderr)
		}
	}
}

// end waits for the end of the program and returns the lines of its standard output.
func (c *child) end(status int) []line {
	c.t.Helper()
	_, _ = io.Copy(&c.stdout, c.out)
	_ = c.Wait() // its error is the exit status
	if got := c.ProcessState.ExitCode(); got != status {
		c.t.Errorf("ended with %v, want status %d:\n%s", c.ProcessState, status, &c.stderr)
	}
	return parseLines(c.t, c.stdout.String())
}

func runChild(t *testing.T, name string, status int, env ...string) (lines []line, stderr string) {
	t.Helper()
	c := startChild(t, name, env...)
	lines = c.end(status)
	return lines, c.stderr.String()
}

func wantLast(t *testing.T, lines []line, severity, body string) *line {
	t.Helper()
	if len(lines) == 0 {
		t.Fatalf("no records, want %s %q", severity, body)
	}
	last := &lines[len(lines)-1]
	if last.SeverityText != severity || last.Body.Value != body {
		t.Errorf("the last record is %s %q, want %s %q", last.SeverityText, last.Body.Value, severity, body)
	}
	return last
}
