package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/krunchwrapper/asynclog/metrics"
)

// timingTable formats the durations of the phases. The percentiles cover the most recent
// durations, the other columns cover all.
func timingTable(timings map[string]metrics.OperationStats) string {
	if len(timings) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\nphases\n")
	// It writes to a strings.Builder, which cannot fail.
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "\tcount\tfailed\tmean\tp50\tp99\tmax\t")
	for _, phase := range phases {
		t, ok := timings[phase.name]
		if !ok {
			continue
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", phase.name,
			thousands(t.Count), thousands(t.Failures), short(t.Mean), short(t.P50), short(t.P99), short(t.Max))
	}
	_ = w.Flush()
	return b.String()
}
