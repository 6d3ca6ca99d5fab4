package e2e

import (
	"os/exec"
	"syscall"
)

// dieWithTest makes the kernel kill the process when the process of the tests ends. A test
// that runs out of time cannot do that itself.
func dieWithTest(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
