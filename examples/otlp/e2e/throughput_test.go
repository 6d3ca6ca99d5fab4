package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"
)

var throughput = flag.Int("throughput", 0, "measure with so many records a run; 0: do not measure")

// One service logs as fast as it can, and waits when its queue is full, so that its
// rate is that at which the Collector takes records. What a record costs is told as
// processor time, which depends little on how many processes share the machine.
func TestThroughput(t *testing.T) {
	if *throughput == 0 {
		t.Skip("measures only when asked to: make throughput")
	}
	s := newStack(t)
	s.prometheus(t)
	s.jaeger(t)
	loki := s.loki(t)
	collector := s.collector(t)

	var table strings.Builder
	fmt.Fprintf(&table, "%d records a run; processor time in µs a record, and what one core would do\n\n", *throughput)
	fmt.Fprintf(&table, "protocol       exporters  records/s   service  /s and core   Collector  /s and core   Loki  /s and core\n")
	var total uint64
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		for _, exporters := range []int{1, 2, 4} {
			r := s.measure(t, protocol, exporters, collector, loki, &total)
			fmt.Fprintf(&table, "%-13s  %9d  %9.0f  %8.1f  %11.0f  %10.1f  %11.0f  %5.1f  %11.0f\n", protocol, exporters, r.perSecond,
				r.service, 1e6/r.service, r.collector, 1e6/r.collector, r.loki, 1e6/r.loki)
		}
	}
	t.Logf("\n%s", &table)
}

// cost is what was measured in a run; times in µs a record.
type cost struct{ perSecond, service, collector, loki float64 }

// measure does one run, which ends when Loki has all records. total is how many there
// have been.
func (s *stack) measure(t *testing.T, protocol string, exporters int, collector, loki *process, total *uint64) cost {
	t.Helper()
	env := s.overOTLP(t, "worker")
	env["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol
	if env["OTEL_EXPORTER_OTLP_ENDPOINT"] = s.url("collector-http"); protocol == "grpc" {
		env["OTEL_EXPORTER_OTLP_ENDPOINT"] = s.url("collector-grpc")
	}
	env["OTEL_METRIC_EXPORT_INTERVAL"] = "10000"
	collectorBefore, lokiBefore := collector.cpuTime(t), loki.cpuTime(t)
	flood := launch(t, "flood", exampleBinary(t, "."), []string{
		"flood", "-records", fmt.Sprint(*throughput), "-exporters", fmt.Sprint(exporters),
	}, environment(env))
	flood.wait(t, 5*time.Minute)
	state := flood.cmd.ProcessState
	serviceTime := state.UserTime() + state.SystemTime()

	out, _ := flood.printed(t)
	var sent struct {
		Exported  uint64  `json:"exported"`
		PerSecond float64 `json:"exported_per_second"`
	}
	if err := json.Unmarshal(out, &sent); err != nil {
		t.Fatal(err)
	}
	if sent.Exported != uint64(*throughput) {
		t.Fatalf("%d records exported, of %d: %s", sent.Exported, *throughput, out)
	}
	*total += sent.Exported
	eventually(t, 5*time.Minute, func() error {
		held, err := s.held(period{start: s.began})
		if err == nil && held["asynclog-flood"] != *total {
			err = fmt.Errorf("Loki holds %v, want %d", held, *total)
		}
		return err
	})
	perRecord := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 / float64(sent.Exported) }
	return cost{
		perSecond: sent.PerSecond,
		service:   perRecord(serviceTime),
		collector: perRecord(collector.cpuTime(t) - collectorBefore),
		loki:      perRecord(loki.cpuTime(t) - lokiBefore),
	}
}
