//go:build !plan9

package exporterr

import "syscall"

// unreachable are the error numbers for a connection that failed, or for a machine that
// has run out of what connections need. EHOSTDOWN, which WASI does not have, is
// recognised by its text.
var unreachable = []error{
	syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.ETIMEDOUT,
	syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENETDOWN, syscall.ENETRESET,
	syscall.ENOTCONN, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.EMFILE, syscall.ENFILE,
}
