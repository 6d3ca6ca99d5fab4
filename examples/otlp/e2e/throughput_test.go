package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"
)

var throughput = flag.Int("throughput", 0, "the number of records of a run; 0: do not measure")

// One service logs as fast as possible, and waits when its queue is full, so its rate is the
// rate at which the Collector accepts records. The cost of a record is reported as processor
// time, which depends little on the other load of the machine.
func TestThroughput(t *testing.T) {
	if *throughput == 0 {
		t.Skip("measures only when asked to: make throughput")
	}
	s := newStack(t)
	s.prometheus(t)
	s.jaeger(t)
	s.loki(t)
	collector := s.collector(t)
	var table strings.Builder
	fmt.Fprintf(&table, "%d records a run, each a sentence and 4 attributes, until Loki holds them all\n\n", *throughput)
	fmt.Fprintf(&table, "                          accepted by    processor time, µs a record   records a second and core\n")
	fmt.Fprintf(&table, "protocol       exporters  Collector, /s  service  Collector            service  Collector\n")
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		for _, exporters := range []int{1, 2, 4} {
			c := s.flood(t, protocol, exporters, collector)
			service, taken := c.of[0], c.of[1]
			fmt.Fprintf(&table, "%-13s  %9d  %13.0f  %7.1f  %9.1f  %17.0f  %9.0f\n",
				protocol, exporters, c.perSecond, service, taken, 1e6/service, 1e6/taken)
		}
	}
	t.Logf("\n%s", &table)
}

// The same through the tiers of scaling out.
func TestThroughputOfTiers(t *testing.T) {
	if *throughput == 0 {
		t.Skip("measures only when asked to: make throughput")
	}
	s := newStack(t)
	s.prometheus(t)
	s.jaeger(t)
	s.loki(t)
	tiers := s.scaleOut(t)
	c := s.flood(t, "grpc", 1, tiers.agent, tiers.gateways[0], tiers.gateways[1], tiers.backends)
	var table strings.Builder
	fmt.Fprintf(&table, "%d records through all tiers: %.0f a second accepted by the agent\n\n", *throughput, c.perSecond)
	fmt.Fprintf(&table, "tier      processor time, µs a record  records a second and core\n")
	for _, tier := range []struct {
		name string
		cost float64
	}{{"agent", c.of[1]}, {"gateway", c.of[2] + c.of[3]}, {"backends", c.of[4]}} {
		fmt.Fprintf(&table, "%-8s  %27.1f  %25.0f\n", tier.name, tier.cost, 1e6/tier.cost)
	}
	t.Logf("\n%s", &table)
}

// cost is the result of a run.
type cost struct {
	perSecond float64
	of        []float64 // processor time for each record in µs: of the service, then of the processes on the way
}

// flood does one run. It returns when Loki has all records.
func (s *stack) flood(t *testing.T, protocol string, exporters int, way ...*process) cost {
	t.Helper()
	env := s.overOTLP(t, "worker")
	env["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol
	if env["OTEL_EXPORTER_OTLP_ENDPOINT"] = s.url("collector-http"); protocol == "grpc" {
		env["OTEL_EXPORTER_OTLP_ENDPOINT"] = s.url("collector-grpc")
	}
	env["OTEL_METRIC_EXPORT_INTERVAL"] = "10000"
	before := make([]time.Duration, len(way))
	for i, p := range way {
		before[i] = p.cpuTime(t)
	}
	stored, err := s.stored(period{start: s.began})
	if err != nil {
		t.Fatal(err)
	}
	want := stored["asynclog-flood"] + uint64(*throughput)
	flood := launch(t, "flood", exampleBinary(t, "."), []string{
		"flood", "-records", fmt.Sprint(*throughput), "-exporters", fmt.Sprint(exporters),
	}, environment(env))
	flood.wait(t, 5*time.Minute)

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
	eventually(t, 5*time.Minute, func() error {
		stored, err := s.stored(period{start: s.began})
		if err == nil && stored["asynclog-flood"] < want {
			err = fmt.Errorf("Loki holds %v, want %d", stored, want)
		}
		return err
	})
	perRecord := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 / float64(sent.Exported) }
	c := cost{perSecond: sent.PerSecond}
	state := flood.cmd.ProcessState
	c.of = append(c.of, perRecord(state.UserTime()+state.SystemTime()))
	for i, p := range way {
		c.of = append(c.of, perRecord(p.cpuTime(t)-before[i]))
	}
	return c
}
