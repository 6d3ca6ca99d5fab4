package rig

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel kill the child when this process ends without
// having done so: a test that panics, or runs into go test's -timeout.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
