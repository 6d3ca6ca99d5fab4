//go:build !linux

package e2e

import "os/exec"

// dieWithTest does nothing: here a process keeps running when the tests run out of time.
func dieWithTest(*exec.Cmd) {}
