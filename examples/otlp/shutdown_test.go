package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// child is the program in a process of its own. Its log goes to standard output.
type child struct {
	cmd          *exec.Cmd
	out, err     bytes.Buffer
	url, admin   string
	stderrClosed chan struct{}
}

var listening = regexp.MustCompile(`listening on (\S+), health and statistics on (http://[^/]+)/`)

func startChild(t *testing.T, args ...string) *child {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGTERM")
	}
	c := &child{cmd: exec.Command(os.Args[0], args...), stderrClosed: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), asMain+"=1", "KRUNCHWRAPPER_ENV=production",
		"OTEL_LOGS_EXPORTER=console", "OTEL_TRACES_EXPORTER=none", "OTEL_METRICS_EXPORTER=none")
	c.cmd.Stdout = &c.out
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill() }) // a successful test has ended it already
	lines := bufio.NewReader(stderr)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	found := listening.FindStringSubmatch(first)
	if found == nil {
		t.Fatalf("the first line is %q", first)
	}
	c.url, c.admin = "http://"+found[1], found[2]
	go func() {
		defer close(c.stderrClosed)
		_, _ = io.Copy(&c.err, lines)
	}()
	return c
}

// terminate sends SIGTERM and waits until the process has ended.
func (c *child) terminate(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	c.wait(t)
}

func (c *child) wait(t *testing.T) {
	t.Helper()
	<-c.stderrClosed
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("the process ended with %v; standard error:\n%s", err, &c.err)
	}
}

// After SIGTERM, the last record has been written and the ledger counts it.
func TestSIGTERM(t *testing.T) {
	c := startChild(t, "worker", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0")
	resp, err := http.Post(c.url+"/texts", "text/plain", strings.NewReader("Hello. How are you?"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	c.terminate(t)

	lines := strings.Split(strings.TrimSpace(c.out.String()), "\n")
	var bodies []string
	for _, line := range lines {
		var r struct{ Body struct{ Value string } }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		bodies = append(bodies, r.Body.Value)
	}
	want := []string{"listening", "text analysed", "compression did not make the text smaller", "text compressed", "draining", "stopped"}
	if strings.Join(bodies, ", ") != strings.Join(want, ", ") {
		t.Errorf("records %q, want %q", bodies, want)
	}
	var l struct {
		Statistics struct {
			Async struct {
				Logged   int  `json:"messages_logged"`
				Exported int  `json:"exported"`
				Balanced bool `json:"balanced"`
			} `json:"async_logging"`
		} `json:"statistics"`
	}
	if err := json.Unmarshal(c.err.Bytes(), &l); err != nil {
		t.Fatalf("%v: %s", err, &c.err)
	}
	if a := l.Statistics.Async; a.Logged != len(lines) || a.Exported != len(lines) || !a.Balanced {
		t.Errorf("ledger %+v, %d lines", a, len(lines))
	}
}

// After SIGTERM, the running request is answered and /readyz keeps new ones away.
func TestSIGTERMDuringRequest(t *testing.T) {
	c := startChild(t, "worker", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0")
	body, write := io.Pipe()
	type result struct {
		status int
		err    error
	}
	answered := make(chan result, 1)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url+"/texts", body)
	if err != nil {
		t.Fatal(err)
	}
	// The client sends the body once the server has asked for it.
	req.Header.Set("Expect", "100-continue")
	transport := &http.Transport{ExpectContinueTimeout: time.Minute}
	defer transport.CloseIdleConnections()
	go func() {
		resp, err := transport.RoundTrip(req)
		if err != nil {
			answered <- result{err: err}
			return
		}
		resp.Body.Close()
		answered <- result{status: resp.StatusCode}
	}()
	if _, err := io.WriteString(write, "Hello. "); err != nil { // the server reads it, so the request is running
		t.Fatal(err)
	}
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	// The service is not ready, or has closed the listener, once it drains.
	deadline := time.Now().Add(20 * time.Second)
	for {
		resp, err := http.Get(c.admin + "/readyz")
		if err != nil {
			break
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusServiceUnavailable {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the service is still ready")
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := io.WriteString(write, "How are you?"); err != nil {
		t.Fatal(err)
	}
	write.Close()
	r := <-answered
	if r.err != nil || r.status != http.StatusOK {
		t.Errorf("status %d, %v", r.status, r.err)
	}
	c.wait(t)
	wantText(t, "the log", c.out.String(), "text compressed", "stopped")
}
