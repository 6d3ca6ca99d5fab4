//go:build !unix && !windows

package lineexporter

// The system's errors are not told apart here: each is of unknown meaning.
var brokenPipe, full []error
