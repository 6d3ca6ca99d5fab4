package main

import (
	"fmt"
	"strings"
)

// hints explains in words what went wrong, and what the user can do.
func (s *summary) hints() string {
	var lines []string
	hint := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }

	full, lost := dropsByCause(&s.stats)
	if full > 0 {
		try := "-overflow block or a larger -queue"
		if s.options.policy == policyBlock {
			try = "a longer -maxwait or a larger -queue"
		}
		hint("%s dropped because the queue was full: try %s.", plural(full, "record"), try)
	}
	if s.writeErr != nil {
		hint("Stopped, because %s could not be written: %v.", s.output.name, s.writeErr)
	}
	if lost > 0 {
		hint("%s lost, as the ledger shows. Some records of a failed batch may have been written.", plural(lost, "record"))
	}
	if s.stats.Fallback > 0 {
		hint("%s went to standard error, above, because the queue was full or the export failed.",
			plural(s.stats.Fallback, "critical record"))
	}
	if s.closeErr != nil {
		hint("%s: %v.", s.output.name, reason(s.closeErr))
	}
	if s.shutdownErr != nil && s.writeErr == nil { // shutdownErr would repeat writeErr
		hint("%v.", s.shutdownErr)
	}
	if len(lines) == 0 {
		return ""
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}
