package e2e

import (
	"os/exec"
	"syscall"
)

// dieWithTest has the kernel kill the process when that of the tests ends, however it
// does: a test that runs out of time has no chance to.
func dieWithTest(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
