//go:build !unix

package outlive

import "io"

// Writer returns w: a broken pipe ends a process on Unix only.
func Writer(w io.Writer) io.Writer { return w }
