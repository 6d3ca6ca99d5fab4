package rig

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const parentVariable = "ASYNCLOG_TEST_PARENT"

// A child ends with its parent when the parent exits without a cleanup.
func TestChildEndsWithItsParent(t *testing.T) {
	if os.Getenv(parentVariable) != "" {
		p, err := startProcess(exec.Command("sleep", "600"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("child", p.cmd.Process.Pid)
		os.Exit(1)
	}
	parent := exec.Command(os.Args[0], "-test.run=^TestChildEndsWithItsParent$", "-test.v")
	parent.Env = append(os.Environ(), parentVariable+"=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	child := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "child "); ok {
			child, _ = strconv.Atoi(text)
		}
	}
	_ = parent.Wait() // status 1
	if child == 0 {
		t.Fatal("the parent started no child")
	}
	for deadline := time.Now().Add(30 * time.Second); runs(child); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(child, syscall.SIGKILL)
			t.Fatal("the child runs after its parent has ended")
		}
	}
}

// runs reports whether a process is running. A process that has ended and has not been
// waited for is not running.
func runs(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func TestSignal(t *testing.T) {
	p, err := startProcess(exec.Command("sleep", "600"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.signal(syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	<-p.done
	if p.err == nil {
		t.Error("a killed process ended without an error")
	}
	if err := p.signal(syscall.SIGKILL); err != nil {
		t.Errorf("second signal: %v", err)
	}
}
