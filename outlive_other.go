//go:build !unix

package asynclog

import "io"

// outlive returns w: a broken pipe ends a process on Unix only.
func outlive(w io.Writer) io.Writer { return w }
