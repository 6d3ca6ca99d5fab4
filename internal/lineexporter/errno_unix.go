//go:build unix

package lineexporter

import "syscall"

var (
	brokenPipe = []error{syscall.EPIPE}
	full       = []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EAGAIN, syscall.EINTR}
)
