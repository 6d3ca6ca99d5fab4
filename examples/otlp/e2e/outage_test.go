package e2e

import (
	"encoding/json"
	"fmt"
	"syscall"
	"testing"
	"time"
)

// The Collector queues records on disk while a backend is down. So no record is lost while
// Loki is down and the Collector is restarted and killed.
func TestCollectorKeepsRecordsWhileLokiIsAway(t *testing.T) {
	s := newStack(t)
	s.prometheus(t)
	s.jaeger(t)
	loki := s.loki(t)
	collector := s.collector(t)
	start := time.Now()
	loki.stop(t)

	const records = 20_000
	flood := launch(t, "flood", exampleBinary(t, "."),
		[]string{"flood", "-records", fmt.Sprint(records)}, environment(s.overOTLP(t, "worker")))
	flood.wait(t, time.Minute)
	out, _ := flood.printed(t)
	var sent struct{ Exported, Dropped uint64 }
	if err := json.Unmarshal(out, &sent); err != nil {
		t.Fatal(err)
	}
	if sent.Exported != records {
		t.Fatalf("the Collector has accepted %d of %d records: %s", sent.Exported, records, out)
	}
	// Every record has been acknowledged, so the Collector may be stopped and killed.
	_ = collector.signal(syscall.SIGTERM) // the error of a running export is expected
	if !collector.ended(stopTimeout) {
		t.Fatal("the Collector did not end")
	}
	s.collector(t).kill(t)
	s.loki(t)
	s.collector(t)
	var stored uint64
	eventually(t, arrivalTimeout, func() error {
		counts, err := s.stored(period{start: start})
		if err != nil {
			return err
		}
		if stored = counts["asynclog-flood"]; stored < records {
			return fmt.Errorf("Loki holds %d records", stored)
		}
		return nil
	})
	// A record of a running export may arrive twice.
	t.Logf("%d records acknowledged, %d in Loki", sent.Exported, stored)
}
