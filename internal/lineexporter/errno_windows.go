package lineexporter

import "syscall"

// Windows' own numbers: package syscall names few of them.
const (
	errorHandleDiskFull syscall.Errno = 39
	errorNoData         syscall.Errno = 232 // the pipe is being closed
)

var (
	brokenPipe = []error{syscall.ERROR_BROKEN_PIPE, errorNoData}
	full       = []error{errorHandleDiskFull, syscall.Errno(112)} // ERROR_DISK_FULL
)
