//go:build unix

package metrics_test

import (
	"errors"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// ownGroup makes a command that is not yet started the leader of a process group,
// which is killed with it. A browser's helpers outlive it by a moment otherwise, and
// write into its profile.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// endGroup kills what is left of the group of a command that has been waited for,
// and waits until nothing is. Processes that nobody has reaped count as left; they
// do no harm, so it is no error if they stay.
func endGroup(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if errors.Is(syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL), syscall.ESRCH) {
			return
		}
	}
	t.Logf("processes of the group %d are left", cmd.Process.Pid)
}

// What a browser leaves behind is ended with its test.
func TestEndGroup(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "sleep 600 & echo left")
	ownGroup(cmd)
	cmd.WaitDelay = 10 * time.Millisecond // the sleep has the output open
	out, err := cmd.Output()
	if string(out) != "left\n" || !errors.Is(err, exec.ErrWaitDelay) {
		t.Fatalf("%q, %v", out, err)
	}
	if err := syscall.Kill(-cmd.Process.Pid, 0); err != nil {
		t.Fatalf("nothing is left to be ended: %v", err)
	}
	endGroup(t, cmd)
	if err := syscall.Kill(-cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("a process is left: %v", err)
	}
}
