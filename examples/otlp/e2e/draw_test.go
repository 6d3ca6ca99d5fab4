package e2e

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// draw formats a trace as Jaeger does: one line for each span, indented below its parent,
// with a bar for its time.
func draw(spans []span) string {
	const width = 40
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b span) int { return a.Start.Compare(b.Start) })
	var b strings.Builder
	var below func(parent string, depth int)
	begin, whole := spans[0].Start, time.Duration(1)
	for _, s := range spans {
		whole = max(whole, s.Start.Add(s.Duration).Sub(begin))
	}
	column := func(d time.Duration) int { return int(d * width / whole) }
	below = func(parent string, depth int) {
		for _, s := range spans {
			if s.Parent != parent {
				continue
			}
			from, to := column(s.Start.Sub(begin)), column(s.Start.Add(s.Duration).Sub(begin))
			bar := strings.Repeat(" ", min(from, width-1)) + strings.Repeat("█", max(to-from, 1))
			fmt.Fprintf(&b, "%-15s %-26s %9s  %s\n",
				s.Service, strings.Repeat("  ", depth)+s.Operation, s.Duration.Round(10*time.Microsecond), bar)
			below(s.ID, depth+1)
		}
	}
	below("", 0)
	return b.String()
}
