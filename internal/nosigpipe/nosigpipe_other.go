//go:build !unix

package nosigpipe

import "io"

// Writer returns w. A broken pipe ends a process on Unix only.
func Writer(w io.Writer) io.Writer { return w }

// Ignore does nothing: a broken pipe ends a process on Unix only.
func Ignore() {}
