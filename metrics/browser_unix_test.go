//go:build unix

package metrics_test

import (
	"errors"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// newGroup makes a command that is not yet started the leader of a process group,
// which is killed with it. Otherwise a browser's helpers run a moment longer than the
// browser and write into its profile.
func newGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// killGroup kills the remaining processes of the group of a command that has been
// waited for, and waits until there are none. Processes that have not been reaped
// count as remaining. They do no harm, so it is no error if they stay.
func killGroup(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if errors.Is(syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL), syscall.ESRCH) {
			return
		}
	}
	t.Logf("processes of the group %d are left", cmd.Process.Pid)
}

// Processes that a command leaves behind are killed with its test.
func TestKillGroup(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "sleep 600 & echo left")
	newGroup(cmd)
	cmd.WaitDelay = 10 * time.Millisecond // the sleep has the output open
	out, err := cmd.Output()
	if string(out) != "left\n" || !errors.Is(err, exec.ErrWaitDelay) {
		t.Fatalf("%q, %v", out, err)
	}
	if err := syscall.Kill(-cmd.Process.Pid, 0); err != nil {
		t.Fatalf("there is no process left to kill: %v", err)
	}
	killGroup(t, cmd)
	if err := syscall.Kill(-cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("a process is left: %v", err)
	}
}
