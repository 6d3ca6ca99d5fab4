//go:build unix

package asynclog_test

import (
	"strings"
	"syscall"
	"testing"
)

// A program that prints into a pipe whose reader has gone ends as it would without
// asynclog: by SIGPIPE.
func TestClosedPipeEndsAProgramThatPrints(t *testing.T) {
	status := func(program string) syscall.WaitStatus {
		c := startChild(t, program)
		c.waitFor("\n") // as head -1 does
		if err := c.out.Close(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait() // its error is the status
		s, ok := c.ProcessState.Sys().(syscall.WaitStatus)
		if !ok {
			t.Fatalf("%s ended with %v", program, c.ProcessState)
		}
		return s
	}
	without, with := status("prints"), status("prints, logs")
	if without.Signal() != syscall.SIGPIPE {
		t.Fatalf("without asynclog it ends with %#x, want SIGPIPE", without)
	}
	if with != without {
		t.Errorf("it ends with %#x, and without asynclog with %#x", with, without)
	}
}

// A program that only logs ends as it would without asynclog, with status 0, and says once
// that nobody reads its output.
func TestClosedPipeIsReportedOnce(t *testing.T) {
	c := startChild(t, "only logs")
	c.waitFor("\n")
	if err := c.out.Close(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if !c.ProcessState.Success() {
		t.Errorf("ended with %v", c.ProcessState)
	}
	reports, events := 0, 0
	for text := range strings.Lines(c.stderr.String()) {
		switch {
		case strings.Contains(text, "asynclog.degraded"):
			events++
		case !strings.HasPrefix(text, "{") && strings.Contains(text, "broken pipe"):
			reports++
		}
	}
	if reports != 1 || events > 1 {
		t.Errorf("%d reports and %d events on standard error:\n%s", reports, events, &c.stderr)
	}
}
