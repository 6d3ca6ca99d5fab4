package outage

import (
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", 12_345: "12,345", 1_234_567: "1,234,567", -1: "-1", -999: "-999", -1000: "-1,000",
	} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestReported(t *testing.T) {
	for name, c := range map[string]struct {
		result Result
		want   string
	}{
		"the SDK, nothing":  {Result{}, "nothing"},
		"the SDK, an error": {Result{Handled: 1}, "1 error, no number"},
		"the SDK, errors":   {Result{Handled: 1000}, "1,000 errors, no number"},
		"the SDK, metrics": {
			Result{Processed: Counts{"queue_full": 1000}, Exporter: Counts{"*url.Error": 2, "*errors.x": 3}},
			"nothing; experimental metrics: export failed 5, queue_full 1,000",
		},
		"asynclog, nothing": {Result{Ledger: &processor.Stats{}}, "nothing lost"},
		"asynclog": {
			Result{Ledger: &processor.Stats{Dropped: []processor.Drop{
				{Reason: processor.ReasonQueueFull, Severity: log.SeverityInfo, Count: 1000},
				{Reason: processor.ReasonQueueFull, Severity: log.SeverityWarn, Count: 1},
				{Reason: processor.ReasonExportFailed, Count: 2},
			}}},
			"export_failed 2, queue_full 1,001",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.result.Reported(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestTable(t *testing.T) {
	plan := Plan{Over: rig.HTTP, Records: 100_000, Queue: 10_000, Fault: Kill(20 * time.Second)}
	var b strings.Builder
	err := WriteTable(&b, [][2]Result{{
		{Plan: plan, Lost: 84_000, Handled: 290},
		{Plan: plan, Lost: 70_000, Saved: 10_000, Duplicates: 512, Ledger: &processor.Stats{
			Dropped: []processor.Drop{{Reason: processor.ReasonQueueFull, Count: 70_000}},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "| Collector killed, down for 20s, 100,000 records | 10,000 | http | 84,000 | 290 errors, no number " +
		"| 70,000 (10,000 saved to the fallback) (512 sent again) | queue_full 70,000 |\n"
	lines := strings.SplitAfter(b.String(), "\n")
	if len(lines) != 4 || lines[2] != want {
		t.Errorf("%s", b.String())
	}
}
