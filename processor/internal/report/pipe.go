//go:build !plan9

package report

import "syscall"

var errBrokenPipe error = syscall.EPIPE
