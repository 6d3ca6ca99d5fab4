package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// tier starts a Collector with a configuration in the folder scale-out.
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

// tiers are the Collectors of scaling out, with two gateways. Kafka is the fake of franz-go,
// in this process.
type tiers struct {
	agent, backends *process
	gateways        [2]*process
	restart         func(gateway int) *process
}

// scaleOut starts the tiers after the backends have been started. The agent takes the place
// of the Collector.
func (s *stack) scaleOut(t *testing.T) *tiers {
	t.Helper()
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DefaultNumPartitions(4), kfake.AllowAutoTopicCreation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	broker := kafka.ListenAddrs()[0]
	env := s.backendAddresses()
	env["KAFKA_BROKER"] = broker
	var all tiers
	all.backends = s.tier(t, "backends", "backends.yaml", env)
	addresses := [2]string{freeAddress(t), freeAddress(t)}
	all.restart = func(gateway int) *process {
		return s.tier(t, fmt.Sprintf("gateway %d", gateway+1), "gateway.yaml",
			map[string]string{"KAFKA_BROKER": broker, "COLLECTOR_GRPC_LISTEN": addresses[gateway]})
	}
	for i := range all.gateways {
		all.gateways[i] = all.restart(i)
	}
	all.agent = s.tier(t, "agent", "agent.yaml", map[string]string{
		"COLLECTOR_GRPC_LISTEN": s.address("collector-grpc"), "COLLECTOR_HTTP_LISTEN": s.address("collector-http"),
		"COLLECTOR_QUEUE": filepath.Join(s.dir, "agent-queue"),
		"GATEWAY_1":       addresses[0], "GATEWAY_2": addresses[1],
	})
	return &all
}

// A service sends through all tiers to Loki, Jaeger and Prometheus while a gateway is killed
// and restarted. No record is lost.
func TestScaleOut(t *testing.T) {
	s := newStack(t)
	s.prometheus(t)
	s.jaeger(t)
	s.loki(t)
	start := time.Now()
	tiers := s.scaleOut(t)
	worker, front := s.worker(t), s.front(t)
	load := launch(t, "load", exampleBinary(t, "."), []string{
		"load", "-target", s.url("front"), "-rate", "20", "-for", "10s", "-large", "0", "-json",
	}, nil)
	time.Sleep(3 * time.Second)
	tiers.gateways[1].kill(t)
	time.Sleep(2 * time.Second)
	tiers.restart(1)
	load.wait(t, time.Minute)
	front.stop(t)
	worker.stop(t)

	want := map[string]uint64{}
	for _, p := range []*process{front, worker} {
		l := ledgerOf(t, p)
		want[l.serviceName()] = l.Statistics.AsyncLogging.Exported
	}
	var stored map[string]uint64
	eventually(t, 2*arrivalTimeout, func() error {
		var err error
		if stored, err = s.stored(period{start: start}); err != nil {
			return err
		}
		for name, n := range want {
			// A killed gateway may have written records that it could not acknowledge any more.
			if stored[name] < n {
				return fmt.Errorf("Loki holds %v, want at least %v", stored, want)
			}
		}
		return nil
	})
	t.Logf("%v exported by the services, %v in Loki", want, stored)
	for name, n := range want {
		if stored[name] > n+n/10 {
			t.Errorf("%s: %d records in Loki, %d exported: too many arrived twice", name, stored[name], n)
		}
	}
	out, _ := load.printed(t)
	var sent loadReport
	if err := json.Unmarshal(out, &sent); err != nil {
		t.Fatal(err)
	}
	eventually(t, arrivalTimeout, func() error {
		r, err := s.promInstant(`asynclog_processor_exported_total`, time.Now())
		if err != nil {
			return err
		}
		found, err := s.search("asynclog-front", "operation.name=prompt", 1000, period{start, time.Now()})
		if err != nil {
			return err
		}
		if len(r.Series) != 2 || uint64(len(found)) != sent.Requests {
			return fmt.Errorf("metrics of %d processes, and %d traces of %d prompts", len(r.Series), len(found), sent.Requests)
		}
		return nil
	})
	t.Logf("%d traces of %d prompts", sent.Requests, sent.Requests)
}
