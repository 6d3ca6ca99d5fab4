package rig

import (
	"os/exec"
	"syscall"
)

// endWithParent makes the kernel kill the child when this process ends first, for example
// in a test that panics or exceeds go test's -timeout.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
