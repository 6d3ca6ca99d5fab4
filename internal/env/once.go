package env

import "sync"

// reported holds the report keys already handed to a handler. It is a global
// because the promise is one for the process: several processors, or the loader
// and a processor, read the same environment, and one bad value is one mistake.
// It holds one entry per distinct bad value, so it grows with the mistakes made,
// not with the reads.
var reported sync.Map

type reportKey struct{ key, value string }

// ReportOnce hands err, which is about the value v of the variable key, to handle
// unless this key and value were reported before. Of concurrent callers exactly
// one reports.
func ReportOnce(handle func(error), key, v string, err error) {
	if _, dup := reported.LoadOrStore(reportKey{key, v}, struct{}{}); !dup {
		handle(err)
	}
}
