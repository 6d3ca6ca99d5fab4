package processor

import (
	"fmt"
	"strings"
)

// ShutdownError is the error of a [Processor.Shutdown] that lost records.
type ShutdownError struct {
	// Lost are the records that the shutdown lost: those still queued or being
	// exported when its context ended, and those whose last export failed. It
	// does not contain what was lost before, nor what came later.
	Lost []Drop
	// Err joins the context's error and those of the exports and exporters; nil
	// if there is none.
	Err error
}

// Total returns how many records were lost.
func (e *ShutdownError) Total() uint64 {
	var n uint64
	for _, d := range e.Lost {
		n += d.Count
	}
	return n
}

// Error returns a text such as "asynclog: shutdown lost 12 records
// (shutdown_timeout: 2 DEBUG, 10 INFO): context deadline exceeded".
func (e *ShutdownError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "asynclog: shutdown lost %d records (", e.Total())
	var last Reason
	for i, d := range e.Lost {
		switch {
		case i == 0:
			fmt.Fprintf(&b, "%s: ", d.Reason)
		case d.Reason != last:
			fmt.Fprintf(&b, "; %s: ", d.Reason)
		default:
			b.WriteString(", ")
		}
		last = d.Reason
		fmt.Fprintf(&b, "%d %s", d.Count, d.Severity)
	}
	b.WriteString(")")
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns Err.
func (e *ShutdownError) Unwrap() error { return e.Err }

// byShutdown lists the losses that end a record which had been accepted, which
// after admission was closed is what the shutdown lost; but for records that would
// have been lost in any case.
func (n losses) byShutdown() []Drop {
	for _, why := range []reason{queueFull, evicted, alreadyShutdown, recordTooLarge} {
		n[why] = [severityRanges]uint64{}
	}
	return n.list()
}
