package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/krunchwrapper/asynclog/metrics"
	"github.com/krunchwrapper/asynclog/processor"
)

// summary holds the results of the program, and formats them.
type summary struct {
	options     options
	started     time.Time
	elapsed     time.Duration // until the end of the export
	planned     uint64        // documents to process
	totals      *totals
	stats       processor.Stats
	timings     map[string]metrics.OperationStats
	output      *output
	shutdownErr error
	writeErr    error // the first one, which ended the work
	closeErr    error
	interrupted bool
}

// balances reports whether every log call of this program is accounted for. It compares
// the program's own counts of calls and written lines with those of the processor, which
// could balance and still be wrong.
func (s *summary) balances() bool {
	lines := s.output.lines.Load()
	return s.stats.Balanced() &&
		s.stats.Emitted == s.totals.latency.count &&
		s.stats.Queued == 0 && s.stats.InFlight == 0 &&
		// Part of a failed batch may have been written.
		(lines == s.stats.Exported || lines > s.stats.Exported && s.exportsFailed())
}

func (s *summary) exportsFailed() bool {
	_, lost := dropsByCause(&s.stats)
	return lost > 0 || s.writeErr != nil || s.closeErr != nil
}

func (s *summary) exitStatus() int {
	switch {
	case s.interrupted:
		return exitInterrupted
	case s.totals.failed > 0 || s.exportsFailed() || s.shutdownErr != nil || !s.balances():
		return exitFailed
	default:
		return exitOK
	}
}

func (s *summary) String() string {
	var b strings.Builder
	line := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s  "+format+"\n", append([]any{label}, args...)...)
	}
	t, st, out := s.totals, &s.stats, s.output

	b.WriteString("\n")
	line("documents", "%s", s.documents())
	if t.text > 0 {
		line("text", "%s bytes, compressed to %.1f%%", thousands(t.text), 100*float64(t.compressed)/float64(t.text))
	}
	line("records", "%s in %s: %s a second", thousands(st.Emitted), short(s.elapsed), s.rate(st.Emitted))
	line("exported", "%s: %s a second", thousands(st.Exported), s.rate(st.Exported))
	if t.latency.count > 0 {
		line("log call", "p50 %s, p99 %s, max %s",
			short(t.latency.quantile(0.50)), short(t.latency.quantile(0.99)), short(t.latency.max))
	}
	line("output", "%s: %s, %s", out.name, plural(out.lines.Load(), "line"), plural(out.bytes.Load(), "byte"))

	b.WriteString(timingTable(s.timings))
	fmt.Fprintf(&b, "\nledger (overflow %v, queue %s)\n%s", s.options.overflow(), thousands(uint64(st.Capacity)), ledgerTable(st))
	verdict := "does not balance"
	if s.balances() {
		verdict = "balances"
	}
	fmt.Fprintf(&b, "  it %s: %s, %s emitted; %s written, %s exported\n", verdict,
		plural(t.latency.count, "log call"), thousands(st.Emitted), plural(out.lines.Load(), "line"), thousands(st.Exported))
	b.WriteString(s.hints())
	return b.String()
}

func (s *summary) documents() string {
	text := fmt.Sprintf("%s of %s processed", thousands(s.totals.processed), thousands(s.planned))
	if s.totals.failed > 0 {
		text += fmt.Sprintf(", %s failed", thousands(s.totals.failed))
	}
	if s.interrupted {
		text += ", interrupted"
	}
	return text
}

func (s *summary) rate(n uint64) string {
	return thousands(uint64(float64(n) / max(s.elapsed, time.Microsecond).Seconds()))
}
