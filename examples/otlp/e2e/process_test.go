package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stopTimeout limits the time that a process may take to end after SIGTERM.
const stopTimeout = 40 * time.Second

// process is a child process. Its output goes to files.
type process struct {
	name           string
	cmd            *exec.Cmd
	stdout, stderr string // files
	done           chan struct{}
	err            error // valid once done is closed
}

// launch starts a program. At the end of the test it is stopped by its process ID. If the
// test has failed, the end of its output is logged.
func launch(t *testing.T, name, path string, args, env []string) *process {
	t.Helper()
	dir := t.TempDir()
	p := &process{
		name: name, cmd: exec.Command(path, args...), done: make(chan struct{}),
		stdout: filepath.Join(dir, "stdout"), stderr: filepath.Join(dir, "stderr"),
	}
	out, err := os.Create(p.stdout)
	if err != nil {
		t.Fatal(err)
	}
	errs, err := os.Create(p.stderr)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	defer errs.Close()
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = out, errs
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir}, env...)
	dieWithTest(p.cmd)
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.signal(syscall.SIGTERM)
		if !p.ended(stopTimeout) {
			t.Errorf("%s did not end in %v", name, stopTimeout)
			_ = p.signal(syscall.SIGKILL)
			<-p.done
		}
		if t.Failed() {
			t.Logf("%s, process %d, ended with %v; the end of its output:\n%s", name, p.cmd.Process.Pid, p.err, p.tail())
		}
	})
	return p
}

// signal sends a signal. It returns nil if the process has ended already.
func (p *process) signal(s os.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

func (p *process) ended(within time.Duration) bool {
	select {
	case <-p.done:
		return true
	case <-time.After(within):
		return false
	}
}

// stop stops the process as docker stop does, and checks that its exit status is 0.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.signal(syscall.SIGTERM); err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
	if !p.ended(stopTimeout) {
		t.Fatalf("%s did not end in %v", p.name, stopTimeout)
	}
	if p.err != nil {
		t.Errorf("%s ended with %v", p.name, p.err)
	}
}

// kill kills the process, which cannot do anything before it ends.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.signal(syscall.SIGKILL); err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
	<-p.done
}

// wait waits for a process that ends by itself, and checks that its exit status is 0.
func (p *process) wait(t *testing.T, within time.Duration) {
	t.Helper()
	if !p.ended(within) {
		t.Fatalf("%s has not ended after %v", p.name, within)
	}
	if p.err != nil {
		t.Fatalf("%s ended with %v", p.name, p.err)
	}
}

func (p *process) printed(t *testing.T) (stdout, stderr []byte) {
	t.Helper()
	stdout, err := os.ReadFile(p.stdout)
	if err != nil {
		t.Fatal(err)
	}
	if stderr, err = os.ReadFile(p.stderr); err != nil {
		t.Fatal(err)
	}
	return stdout, stderr
}

// tail returns the last lines of the output, each cut to a readable length.
func (p *process) tail() string {
	var b strings.Builder
	for _, file := range []string{p.stdout, p.stderr} {
		text, err := os.ReadFile(file)
		if err != nil {
			fmt.Fprintln(&b, err)
			continue
		}
		lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
		for _, line := range lines[max(0, len(lines)-15):] {
			fmt.Fprintf(&b, "    %.1500s\n", line)
		}
	}
	return b.String()
}

// cpuTime returns the processor time that the process has used (Linux only).
func (p *process) cpuTime(t *testing.T) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		t.Skipf("no processor times here: %v", err)
	}
	// The fields after the name, which is in parentheses and may contain any character.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var user, system int
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		t.Fatal(err)
	}
	const tick = time.Second / 100 // USER_HZ, the same on all machines
	return time.Duration(user+system) * tick
}

// eventually calls f until it returns nil, and fails with its last error.
func eventually(t *testing.T, within time.Duration, f func() error) {
	t.Helper()
	end := time.Now().Add(within)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not within %v: %v", within, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// environment returns the variables in the form of exec.Cmd. Later layers win.
func environment(layers ...map[string]string) []string {
	all := map[string]string{}
	for _, m := range layers {
		maps.Copy(all, m)
	}
	var env []string
	for k, v := range all {
		env = append(env, k+"="+v)
	}
	slices.Sort(env)
	return env
}
