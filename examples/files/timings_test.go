package main

import (
	"strings"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/metrics"
)

func TestTimingTableHasThePhasesInTheirOrder(t *testing.T) {
	table := timingTable(map[string]metrics.OperationStats{
		"COMPRESSION":  {Count: 1200, Mean: 3 * time.Millisecond, P50: 2 * time.Millisecond, P99: 8 * time.Millisecond, Max: time.Second},
		"INTERCEPTION": {Count: 1200, Failures: 3, Mean: time.Microsecond},
	})
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines, want a title, a head and two phases:\n%s", len(lines), table)
	}
	want := [][]string{
		{"INTERCEPTION", "1,200", "3", "1µs", "0s", "0s", "0s"},
		{"COMPRESSION", "1,200", "0", "3ms", "2ms", "8ms", "1s"},
	}
	for i, fields := range want {
		if got := strings.Fields(lines[2+i]); strings.Join(got, " ") != strings.Join(fields, " ") {
			t.Errorf("line %d is %q, want %q", 2+i, got, fields)
		}
	}
}

func TestTimingTableIsLeftOutWithoutTimings(t *testing.T) {
	if got := timingTable(nil); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}
