//go:build !unix

package metrics_test

import (
	"os/exec"
	"testing"
)

// Elsewhere there are no process groups.

func newGroup(*exec.Cmd) {}

func killGroup(*testing.T, *exec.Cmd) {}
