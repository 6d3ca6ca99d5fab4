package outage

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// WriteTable writes the results as a Markdown table: those of one plan, by the SDK
// and by asynclog, as one row.
func WriteTable(w io.Writer, pairs [][2]Result) error {
	var b strings.Builder
	b.WriteString("| what happens | queue | over | SDK: lost | it said | asynclog: lost | it said |\n")
	b.WriteString("|---|---|---|---|---|---|---|\n")
	for _, pair := range pairs {
		p := pair[0].Plan
		fmt.Fprintf(&b, "| %s, %s records | %s | %s |", p.Trouble.Name, thousands(int64(p.Records)), thousands(int64(p.Queue)), p.Over.Name)
		for _, r := range pair {
			fmt.Fprintf(&b, " %s | %s |", r.lost(), r.Told())
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// lost says how many records were lost, and which were duplicated or saved.
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

// Told says what the subject said of what it lost.
func (r Result) Told() string {
	if r.Ledger != nil {
		counts := Said{}
		for _, d := range r.Ledger.Dropped {
			counts[string(d.Reason)] += int64(d.Count)
		}
		if len(counts) == 0 {
			return "nothing lost"
		}
		return counts.String()
	}
	told := "nothing"
	switch {
	case r.Handled == 1:
		told = "1 error, no number"
	case r.Handled > 1:
		told = thousands(int64(r.Handled)) + " errors, no number"
	}
	said := maps.Clone(r.Processed)
	for why, n := range r.Exporter {
		if !strings.Contains(why, "_") { // a Go type
			why = "export failed"
		}
		said[why] += n
	}
	if len(said) > 0 {
		told += "; experimental metrics: " + said.String()
	}
	return told
}

// String lists the counts, the reasons in order.
func (s Said) String() string {
	var parts []string
	for _, why := range slices.Sorted(maps.Keys(s)) {
		parts = append(parts, fmt.Sprintf("%s %s", why, thousands(s[why])))
	}
	return strings.Join(parts, ", ")
}

// thousands writes a number as 1,234,567.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
