//go:build !plan9

package processor

import "syscall"

// unreachable are the numbers of a system that stand for a connection that failed,
// or for a machine short of what connections need. EHOSTDOWN, which WASI does not have,
// is told by its text.
var unreachable = []error{
	syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.ETIMEDOUT,
	syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENETDOWN, syscall.ENETRESET,
	syscall.ENOTCONN, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.EMFILE, syscall.ENFILE,
}
