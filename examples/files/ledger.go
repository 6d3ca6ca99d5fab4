package main

import (
	"fmt"
	"strings"

	"github.com/krunchwrapper/asynclog/processor"
)

// ledgerTable formats the ledger, one row for each outcome.
func ledgerTable(s *processor.Stats) string {
	type row struct {
		label string
		count uint64
	}
	rows := []row{
		{"emitted", s.Emitted},
		{"filtered", s.Filtered},
		{"exported", s.Exported},
		{"fallback", s.Fallback},
	}
	for _, d := range s.Dropped {
		rows = append(rows, row{fmt.Sprintf("dropped %s %v", d.Reason, d.Severity), d.Count})
	}
	if len(s.Dropped) == 0 {
		rows = append(rows, row{"dropped", 0})
	}
	rows = append(rows, row{"queued", uint64(s.Queued)}, row{"in flight", uint64(s.InFlight)})

	labels, counts := 0, 0
	for _, r := range rows {
		labels = max(labels, len(r.label))
		counts = max(counts, len(thousands(r.count)))
	}
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "  %-*s  %*s\n", labels, r.label, counts, thousands(r.count))
	}
	return b.String()
}

// dropsByCause returns how many records the overflow policy dropped because the queue was
// full, and how many were dropped for other reasons.
func dropsByCause(s *processor.Stats) (byPolicy, other uint64) {
	for _, d := range s.Dropped {
		switch d.Reason {
		case processor.ReasonQueueFull, processor.ReasonEvicted:
			byPolicy += d.Count
		default:
			other += d.Count
		}
	}
	return byPolicy, other
}
