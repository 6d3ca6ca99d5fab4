//go:build unix

package asynclog_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSignal(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(s.String(), func(t *testing.T) {
			c := startChild(t, "signal")
			c.waitFor("ready")
			if err := c.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			last := wantLast(t, c.end(0), "INFO", "last words")
			if cause := last.attr("cause"); !strings.Contains(cause, s.String()) {
				t.Errorf("cause %q", cause)
			}
		})
	}
}

// TestSecondSignal: a second signal has its usual effect, so it can end a program that
// hangs.
func TestSecondSignal(t *testing.T) {
	c := startChild(t, "stubborn")
	c.waitFor("ready")
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	c.waitFor("last words")
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	c.end(-1)
	if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGTERM {
		t.Errorf("ended with %v", c.ProcessState)
	}
}

// TestIgnoredSignal: a shell starts a background job with SIGINT ignored, and SIGINT must
// not end that job.
func TestIgnoredSignal(t *testing.T) {
	c := newChild(t, "signal")
	c.Path, c.Args = "/bin/sh", []string{"sh", "-c", `trap "" INT; exec "$0"`, os.Args[0]}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	c.waitFor("ready")
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		if err := c.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	last := wantLast(t, c.end(0), "INFO", "last words")
	if cause := last.attr("cause"); !strings.Contains(cause, syscall.SIGTERM.String()) {
		t.Errorf("cause %q", cause)
	}
}

// TestClosedPipe: a program goes on when nobody reads its output any more. Severe records
// go to standard error, lost records are counted.
func TestClosedPipe(t *testing.T) {
	c := startChild(t, "closed pipe")
	c.waitFor("into the pipe")
	if err := c.out.Close(); err != nil {
		t.Fatal(err)
	}
	c.end(4)
	stderr := c.stderr.String()
	for _, text := range []string{"output: ", "broken pipe", `"last words"`, "balanced: true fallback: 1"} {
		if !strings.Contains(stderr, text) {
			t.Errorf("standard error does not contain %q:\n%s", text, stderr)
		}
	}
}

// TestClosedPipes is the same with standard error closed, too.
func TestClosedPipes(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	c := newChild(t, "closed pipes")
	c.Cmd.Stderr = w
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	c.waitFor("into the pipe")
	_ = c.out.Close()
	c.end(6)
}

func TestStuckOutput(t *testing.T) {
	begun := time.Now()
	lines, stderr := runChild(t, "stuck", 5)
	if d := time.Since(begun); d < 4*time.Second || d > 30*time.Second {
		t.Errorf("took %v", d)
	}
	if len(lines) != 0 || !strings.Contains(stderr, "last words") || !strings.Contains(stderr, "asynclog: shutdown lost ") {
		t.Errorf("standard error: %s", stderr)
	}
}
