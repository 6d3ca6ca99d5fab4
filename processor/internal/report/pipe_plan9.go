package report

import "errors"

// errBrokenPipe is no error of the system: Plan 9 has no number for it.
var errBrokenPipe = errors.New("broken pipe")
