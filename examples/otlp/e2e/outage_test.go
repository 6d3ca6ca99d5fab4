package e2e

import (
	"encoding/json"
	"fmt"
	"syscall"
	"testing"
	"time"
)

// The Collector holds on disk what a backend does not take, and so nothing of it is
// lost if Loki is away while records come, and the Collector is restarted meanwhile,
// and killed.
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
		t.Fatalf("the Collector has taken %d records of %d: %s", sent.Exported, records, out)
	}
	// Every record has been acknowledged. Now the Collector may end, and die.
	_ = collector.signal(syscall.SIGTERM) // what is under way is an error then
	if !collector.ended(endTime) {
		t.Fatal("the Collector does not end")
	}
	s.collector(t).kill(t)
	s.loki(t)
	s.collector(t)
	var held uint64
	eventually(t, arrivalTime, func() error {
		counts, err := s.held(period{start: start})
		if err != nil {
			return err
		}
		if held = counts["asynclog-flood"]; held < records {
			return fmt.Errorf("Loki holds %d records", held)
		}
		return nil
	})
	// What was under way may come twice.
	t.Logf("%d records acknowledged, %d in Loki", sent.Exported, held)
}
