package lineexporter

import (
	"errors"
	"io"
	"os"
	"slices"
)

// WriteError is the error of an export that could not write all of its records.
type WriteError struct {
	written              int
	err                  error
	temporary, permanent bool
	reported             bool
}

// Error returns the text of the writer's error.
func (e *WriteError) Error() string { return e.err.Error() }

// Unwrap returns the writer's error.
func (e *WriteError) Unwrap() error { return e.err }

// RecordsWritten returns how many of the batch's first records have been written. They
// are not to be exported again.
func (e *WriteError) RecordsWritten() int { return e.written }

// Temporary reports whether a later attempt may succeed, as when a disk is full.
func (e *WriteError) Temporary() bool { return e.temporary }

// Permanent reports whether no later attempt can succeed, as when the reader of a pipe
// has gone.
func (e *WriteError) Permanent() bool { return e.permanent }

// Reported reports whether an earlier export returned the same error, so that it need not
// be reported again.
func (e *WriteError) Reported() bool { return e.reported }

// isClosed reports whether nothing can be written any more.
func isClosed(err error) bool { return matches(err, closed) }

// isTemporary reports whether the condition is known to pass.
func isTemporary(err error) bool { return matches(err, passing) }

// The errors of Go's own packages; errno_*.go adds the system's.
var (
	closed  = append([]error{os.ErrClosed, io.ErrClosedPipe}, brokenPipe...)
	passing = append([]error{io.ErrShortWrite}, full...)
)

// maxErrors is how many errors of a chain are examined: an error of the program's writer
// may wrap itself.
const maxErrors = 100

// matches is errors.Is for several targets, of a chain without branches.
func matches(err error, targets []error) bool {
	for n := 0; err != nil && n < maxErrors; n++ {
		if slices.Contains(targets, err) {
			return true
		}
		err = errors.Unwrap(err)
	}
	return false
}
