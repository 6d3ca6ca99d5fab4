package e2e

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// tier starts a Collector with a configuration of scale-out.
func (s *stack) tier(t *testing.T, name, file string, env map[string]string) *process {
	t.Helper()
	health := freeAddress(t)
	env["COLLECTOR_HEALTH_LISTEN"] = health
	path, err := filepath.Abs("../collector/scale-out/" + file)
	if err != nil {
		t.Fatal(err)
	}
	p := launch(t, name, binary(t, "otelcol"), []string{"--config", path}, environment(env))
	s.ready(t, p, "http://"+health+"/")
	return p
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// The three tiers of scaling out, with two gateways, one of which dies, and a Kafka
// that is franz-go's: one service to Loki, Jaeger and Prometheus, and no record lost.
func TestScaleOut(t *testing.T) {
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DefaultNumPartitions(4), kfake.AllowAutoTopicCreation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	broker := kafka.ListenAddrs()[0]

	s := newStack(t)
	s.prometheus(t)
	s.jaeger(t)
	s.loki(t)
	start := time.Now()
	env := s.backendAddresses()
	env["KAFKA_BROKER"] = broker
	s.tier(t, "backends", "backends.yaml", env)
	gateways := [2]string{freeAddress(t), freeAddress(t)}
	var running [2]*process
	for i, address := range gateways {
		running[i] = s.tier(t, fmt.Sprintf("gateway %d", i+1), "gateway.yaml",
			map[string]string{"KAFKA_BROKER": broker, "COLLECTOR_GRPC_LISTEN": address})
	}
	s.tier(t, "agent", "agent.yaml", map[string]string{
		"COLLECTOR_GRPC_LISTEN": s.address("collector-grpc"), "COLLECTOR_HTTP_LISTEN": s.address("collector-http"),
		"COLLECTOR_QUEUE": filepath.Join(s.dir, "agent-queue"),
		"GATEWAY_1":       gateways[0], "GATEWAY_2": gateways[1],
	})

	worker, front := s.worker(t), s.front(t)
	load := launch(t, "load", exampleBinary(t, "."), []string{
		"load", "-target", s.url("front"), "-rate", "20", "-for", "10s", "-large", "0", "-json",
	}, nil)
	time.Sleep(3 * time.Second)
	running[1].kill(t)
	time.Sleep(2 * time.Second)
	s.tier(t, "gateway 2 again", "gateway.yaml", map[string]string{"KAFKA_BROKER": broker, "COLLECTOR_GRPC_LISTEN": gateways[1]})
	load.wait(t, time.Minute)
	front.stop(t)
	worker.stop(t)

	want := map[string]uint64{}
	for _, p := range []*process{front, worker} {
		l := ledgerOf(t, p)
		want[l.serviceName()] = l.Statistics.AsyncLogging.Exported
	}
	var held map[string]uint64
	eventually(t, 2*arrivalTime, func() error {
		var err error
		if held, err = s.held(period{start: start}); err != nil {
			return err
		}
		for name, n := range want {
			// A gateway that dies may have written what it had no time to acknowledge.
			if held[name] < n {
				return fmt.Errorf("Loki holds %v, want at least %v", held, want)
			}
		}
		return nil
	})
	t.Logf("%v exported by the services, %v in Loki", want, held)
	for name, n := range want {
		if held[name] > n+n/10 {
			t.Errorf("%s: %d records in Loki, %d exported: too many came twice", name, held[name], n)
		}
	}
	eventually(t, arrivalTime, func() error {
		r, err := s.promInstant(`asynclog_processor_exported_total`, time.Now())
		if err != nil || len(r.Series) != 2 {
			return fmt.Errorf("metrics of %d processes, %w", len(r.Series), err)
		}
		found, err := s.search("asynclog-front", "operation.name=prompt", 20, period{start, time.Now()})
		if err != nil || len(found) != 20 {
			return fmt.Errorf("%d traces, %w", len(found), err)
		}
		return nil
	})
}
