package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// asMain makes the test binary run the program instead of the tests.
const asMain = "FILES_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		out := &slowWriter{pause: time.Millisecond}
		r := invokeWith(ctx, t, text, out, "-overflow", "block", "-repeat", "1000000", "-")
		r.wantStatus(t, exitInterrupted)
		r.wantError(t, " of 1,000,000 processed, interrupted")
		ledger := r.ledger(t)
		records := parseRecords(t, out.String())
		if ledger["dropped"] != 0 || ledger["exported"] != len(records) {
			t.Errorf("ledger %v", ledger)
		}
		last := records[len(records)-1]
		if last.Body.Value != "work interrupted" || last.attr("cause") == nil {
			t.Errorf("the last record is %v", last)
		}
	})
}

func TestInterruptWithStuckOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		release := make(chan struct{})
		defer close(release)
		stuck := writerFunc(func([]byte) (int, error) {
			<-release
			return 0, errors.New("too late")
		})
		started := time.Now()
		r := invokeWith(ctx, t, text, stuck, "-overflow", "block", "-maxwait", "10ms", "-queue", "16", "-repeat", "1000000", "-")
		if d := time.Since(started); d < time.Second+interruptTimeout || d > 2*time.Second+interruptTimeout {
			t.Errorf("ended after %v", d)
		}
		r.wantStatus(t, exitInterrupted)
		if ledger := r.ledger(t); ledger["exported"] != 0 || ledger["dropped"] == 0 {
			t.Errorf("ledger %v", ledger)
		}
		r.wantError(t, "asynclog: shutdown lost ")
	})
}

func TestInterruptWhileReading(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	silent, w := io.Pipe()
	defer func() { _ = w.Close() }()
	var stderr bytes.Buffer
	time.AfterFunc(10*time.Millisecond, cancel)
	r := result{status: run(ctx, []string{"-"}, silent, io.Discard, &stderr)}
	r.stderr = stderr.String()
	r.wantStatus(t, exitInterrupted)
	r.wantError(t, "0 of 1 processed, interrupted")
}

// start runs the program in a process of its own, on a text that it repeats a million times.
func start(t *testing.T, args ...string) (cmd *exec.Cmd, stdout io.ReadCloser, stderr *bytes.Buffer) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no signals to send")
	}
	cmd = exec.CommandContext(t.Context(), os.Args[0], append(args, "-repeat", "1000000", writeFile(t, "a.md", text))...)
	cmd.Env = append(os.Environ(), asMain+"=1")
	stderr = new(bytes.Buffer)
	cmd.Stderr = stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, stdout, stderr
}

func TestSignal(t *testing.T) {
	cmd, stdout, stderr := start(t)
	lines := bufio.NewReader(stdout)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, lines); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its error is the exit status
	r := result{status: cmd.ProcessState.ExitCode(), stderr: stderr.String()}
	r.wantStatus(t, exitInterrupted)
	r.ledger(t)
}

func TestClosedPipe(t *testing.T) {
	cmd, stdout, stderr := start(t)
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := stdout.Close(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its error is the exit status
	r := result{status: cmd.ProcessState.ExitCode(), stderr: stderr.String()}
	r.wantStatus(t, exitFailed)
	r.wantError(t, "Stopped, because standard output could not be written: broken pipe.", "dropped export_failed INFO")
	r.ledger(t)
}
