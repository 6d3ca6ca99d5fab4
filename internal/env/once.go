package env

import (
	"strings"
	"sync"
)

// reported has the keys and values that were already reported. It is a global because each
// is reported once in the process: several processors, or the loader and a processor, read
// the same environment, and one bad value is one mistake. It has one entry per distinct
// bad value, so it grows with the mistakes, not with the reads.
var reported sync.Map

type reportKey struct{ key, value string }

// maxRemembered bounds what is kept of a value, which may have a mebibyte. Values that
// begin alike are then one mistake.
const maxRemembered = 1 << 10

// ReportOnce calls handle with err, the error about the value v of the variable key,
// unless this key and value were reported before. Of several concurrent callers exactly
// one reports.
func ReportOnce(handle func(error), key, v string, err error) {
	if len(v) > maxRemembered {
		v = v[:maxRemembered]
	}
	if _, dup := reported.LoadOrStore(reportKey{key, strings.Clone(v)}, struct{}{}); !dup {
		handle(err)
	}
}
