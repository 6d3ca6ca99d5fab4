package e2e

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"
)

// arrivalTimeout limits the time from the export of telemetry until a backend finds it.
const arrivalTimeout = 60 * time.Second

func TestEndToEnd(t *testing.T) {
	s := runStack(t)
	t.Logf("%d prompts: %v; the slowest %.3fs", s.load.Requests, s.load.Statuses, s.load.Slowest.Seconds)
	// Wait until all records have arrived, because the later tests look at all of them.
	t.Run("Loki holds what the ledgers call exported", s.testCounts)
	t.Run("the gaps in the logs are what the ledger has dropped", s.testGaps)
	t.Run("one correlation ID leads to the trace", s.testTrace)
	t.Run("and to the log lines", s.testLogs)
	t.Run("a prompt that failed", s.testFailure)
	t.Run("metrics", s.testMetrics)
	t.Run("exemplars lead to traces", s.testExemplars)
	t.Run("every query of the dashboards has data", s.testDashboards)
	t.Run("every link between data sources has data", s.testLinks)
}

func (s *stackRun) testCounts(t *testing.T) {
	if got := names(s.ledgers); len(s.ledgers) != 3 {
		t.Fatalf("ledgers of %s", got)
	}
	for name, l := range s.ledgers {
		a := l.Statistics.AsyncLogging
		t.Logf("%s: %d logged, %d exported, %d to the fallback, %d dropped %v",
			name, a.Logged, a.Exported, a.Fallback, a.Total, a.Dropped)
		if name != "asynclog-flood" && (a.Exported != a.Logged || a.Exported == 0) {
			t.Errorf("%s lost records", name)
		}
	}
	if a := s.ledgers["asynclog-flood"].Statistics.AsyncLogging; a.Total == 0 {
		t.Error("the flood has dropped nothing, so drops were not tested")
	}
	var stored map[string]uint64
	defer func() { t.Logf("Loki holds %v", stored) }()
	eventually(t, arrivalTimeout, func() error {
		var err error
		if stored, err = s.stored(s.period); err != nil {
			return err
		}
		return s.compare(stored)
	})
	// No more records arrive.
	time.Sleep(2 * time.Second)
	stored, err := s.stored(s.period)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.compare(stored); err != nil {
		t.Error(err)
	}
}

// stored returns the number of records in Loki by service. It leaves out gap records, which
// the pipeline itself emits and no ledger counts.
func (s *stack) stored(p period) (map[string]uint64, error) {
	now := time.Now()
	within := period{p.start, now}.length()
	r, err := s.lokiInstant(`sum by (service_name) (count_over_time({service_name=~".+"} | asynclog_gap_lost="" [`+within+`]))`, now)
	if err != nil {
		return nil, err
	}
	stored := map[string]uint64{}
	for _, one := range r.Series {
		stored[one.Metric["service_name"]] = uint64(one.Values[0])
	}
	return stored, nil
}

func (s *stackRun) compare(stored map[string]uint64) error {
	want := map[string]uint64{}
	for name, l := range s.ledgers {
		want[name] = l.Statistics.AsyncLogging.Exported
	}
	if !maps.Equal(stored, want) {
		return fmt.Errorf("Loki holds %v, the ledgers call %v exported", stored, want)
	}
	return nil
}

// The flood lost records, and its gap records in Loki report all of them.
func (s *stackRun) testGaps(t *testing.T) {
	a := s.ledgers["asynclog-flood"].Statistics.AsyncLogging
	want := map[string]uint64{"asynclog_gap_lost": a.Total, "asynclog_gap_fallback": a.Fallback}
	var r result
	eventually(t, arrivalTimeout, func() error {
		var err error
		r, err = s.lokiRange(`{service_name=~".+"} | asynclog_gap_lost!=""`, period{s.period.start, time.Now()})
		if err != nil {
			return err
		}
		for key, n := range want {
			var reported uint64
			for _, l := range r.Lines {
				if m, err := strconv.ParseUint(l.Labels[key], 10, 64); err == nil {
					reported += m
				}
			}
			if reported != n {
				return fmt.Errorf("%d gap records report %s %d, want %d", len(r.Lines), key, reported, n)
			}
		}
		return nil
	})
	var drawn strings.Builder
	for _, l := range r.Lines[:min(len(r.Lines), 3)] {
		fmt.Fprintf(&drawn, "%s %-5s %s\n", l.Time.UTC().Format("15:04:05.000"), l.Labels["detected_level"], l.Text)
	}
	t.Logf("gap records in Loki: %d; the first ones:\n%s", len(r.Lines), &drawn)
}
