package outage

import (
	"fmt"
	"io"
	"maps"
	"strings"
)

// WriteTable writes the results as a Markdown table. Each row has the results of one plan
// with the SDK and with asynclog.
func WriteTable(w io.Writer, pairs [][2]Result) error {
	var b strings.Builder
	b.WriteString("| fault | queue | over | SDK: lost | reported | asynclog: lost | reported |\n")
	b.WriteString("|---|---|---|---|---|---|---|\n")
	for _, pair := range pairs {
		p := pair[0].Plan
		fmt.Fprintf(&b, "| %s, %s records | %s | %s |", p.Fault.Name, thousands(int64(p.Records)), thousands(int64(p.Queue)), p.Over.Name)
		for _, r := range pair {
			fmt.Fprintf(&b, " %s | %s |", r.lost(), r.Reported())
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// lost returns, as text, how many records were lost, saved and duplicated.
func (r Result) lost() string {
	text := thousands(r.Lost)
	if r.Saved > 0 {
		text += fmt.Sprintf(" (%s saved to the fallback)", thousands(r.Saved))
	}
	if r.Duplicates > 0 {
		text += fmt.Sprintf(" (%s sent again)", thousands(r.Duplicates))
	}
	return text
}

// Reported returns, as text, the losses that the subject reported.
func (r Result) Reported() string {
	if r.Ledger != nil {
		counts := Counts{}
		for _, d := range r.Ledger.Dropped {
			counts[string(d.Reason)] += int64(d.Count)
		}
		if len(counts) == 0 {
			return "nothing lost"
		}
		return counts.String()
	}
	reported := "nothing"
	switch {
	case r.Handled == 1:
		reported = "1 error, no number"
	case r.Handled > 1:
		reported = thousands(int64(r.Handled)) + " errors, no number"
	}
	counts := maps.Clone(r.Processed)
	for reason, n := range r.Exporter {
		if !strings.Contains(reason, "_") { // a Go type
			reason = "export failed"
		}
		counts[reason] += n
	}
	if len(counts) > 0 {
		reported += "; experimental metrics: " + counts.String()
	}
	return reported
}
