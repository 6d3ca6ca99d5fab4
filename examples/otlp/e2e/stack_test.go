package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

// stack runs the backends of docker-compose.yml without containers.
type stack struct {
	compose compose
	dir     string // takes the place of the volumes
	ports   map[string]int
	began   time.Time
}

// newStack chooses free ports, all different. It starts nothing.
func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{compose: loadCompose(t), dir: t.TempDir(), ports: map[string]int{}, began: time.Now()}
	for _, name := range []string{
		"prometheus", "loki", "loki-grpc", "jaeger", "jaeger-grpc", "jaeger-otlp", "jaeger-health",
		"collector-grpc", "collector-http", "collector-health",
		"front", "front-admin", "worker", "worker-admin",
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // after all ports have been chosen
		s.ports[name] = l.Addr().(*net.TCPAddr).Port
	}
	return s
}

func (s *stack) address(name string) string { return fmt.Sprintf("127.0.0.1:%d", s.ports[name]) }
func (s *stack) url(name string) string     { return "http://" + s.address(name) }

// service starts a service of docker-compose.yml as a process, with its command and its
// environment, changed where the process has no container.
func (s *stack) service(t *testing.T, name, path string, args []string, env map[string]string) *process {
	t.Helper()
	service, ok := s.compose.Services[name]
	if !ok {
		t.Fatalf("docker-compose.yml has no service %s", name)
	}
	return launch(t, name, path, append(service.args(s.dir), args...), environment(service.environment(), env))
}

func (s *stack) prometheus(t *testing.T) *process {
	t.Helper()
	p := s.service(t, "prometheus", binary(t, "prometheus"),
		[]string{"--web.listen-address=" + s.address("prometheus"), "--log.level=warn"}, nil)
	s.ready(t, p, s.url("prometheus")+"/-/ready")
	return p
}

func (s *stack) loki(t *testing.T) *process {
	t.Helper()
	p := s.service(t, "loki", binary(t, "loki"), nil, map[string]string{
		"LOKI_LISTEN_HOST": "127.0.0.1",
		"LOKI_HTTP_PORT":   fmt.Sprint(s.ports["loki"]),
		"LOKI_GRPC_PORT":   fmt.Sprint(s.ports["loki-grpc"]),
		"LOKI_DATA":        filepath.Join(s.dir, "loki-data"),
	})
	s.ready(t, p, s.url("loki")+"/ready")
	return p
}

func (s *stack) jaeger(t *testing.T) *process {
	t.Helper()
	p := s.service(t, "jaeger", binary(t, "jaeger"), nil, map[string]string{
		"JAEGER_LISTEN_HOST": "127.0.0.1",
		"JAEGER_HTTP_PORT":   fmt.Sprint(s.ports["jaeger"]),
		"JAEGER_GRPC_PORT":   fmt.Sprint(s.ports["jaeger-grpc"]),
		"JAEGER_OTLP_PORT":   fmt.Sprint(s.ports["jaeger-otlp"]),
		"JAEGER_HEALTH_PORT": fmt.Sprint(s.ports["jaeger-health"]),
		"JAEGER_DATA":        filepath.Join(s.dir, "jaeger-data"),
	})
	s.ready(t, p, s.url("jaeger-health")+"/status")
	return p
}

// backendAddresses returns the variables with addresses in the files of the Collector.
func (s *stack) backendAddresses() map[string]string {
	return map[string]string{
		"JAEGER_OTLP":     s.address("jaeger-otlp"),
		"LOKI_OTLP":       s.url("loki") + "/otlp",
		"PROMETHEUS_OTLP": s.url("prometheus") + "/api/v1/otlp",
	}
}

func (s *stack) collector(t *testing.T) *process {
	t.Helper()
	env := s.backendAddresses()
	env["COLLECTOR_GRPC_LISTEN"] = s.address("collector-grpc")
	env["COLLECTOR_HTTP_LISTEN"] = s.address("collector-http")
	env["COLLECTOR_HEALTH_LISTEN"] = s.address("collector-health")
	env["COLLECTOR_QUEUE"] = filepath.Join(s.dir, "collector-queue")
	env["COLLECTOR_METRIC_INTERVAL"] = "1000"
	p := s.service(t, "collector", binary(t, "otelcol"), nil, env)
	s.ready(t, p, s.url("collector-health")+"/")
	return p
}

// overOTLP returns the environment in which a process of the example sends to the Collector
// as its container does, over gRPC or HTTP. Metrics are sent every second.
func (s *stack) overOTLP(t *testing.T, service string) map[string]string {
	t.Helper()
	composed := s.compose.Services[service]
	env := composed.environment()
	switch protocol := env["OTEL_EXPORTER_OTLP_PROTOCOL"]; protocol {
	case "grpc":
		env["OTEL_EXPORTER_OTLP_ENDPOINT"] = s.url("collector-grpc")
	case "http/protobuf":
		env["OTEL_EXPORTER_OTLP_ENDPOINT"] = s.url("collector-http")
	default:
		t.Fatalf("docker-compose.yml has service %s use the protocol %q", service, protocol)
	}
	env["OTEL_METRIC_EXPORT_INTERVAL"] = "1000"
	return env
}

func (s *stack) worker(t *testing.T) *process {
	t.Helper()
	p := s.service(t, "worker", exampleBinary(t, "."),
		[]string{"-listen", s.address("worker"), "-admin", s.address("worker-admin")}, s.overOTLP(t, "worker"))
	s.ready(t, p, s.url("worker-admin")+"/readyz")
	return p
}

func (s *stack) front(t *testing.T) *process {
	t.Helper()
	p := s.service(t, "front", exampleBinary(t, "."), []string{
		"-listen", s.address("front"), "-admin", s.address("front-admin"), "-worker", s.url("worker"),
	}, s.overOTLP(t, "front"))
	s.ready(t, p, s.url("front-admin")+"/readyz")
	return p
}

// ready waits until a URL returns 200 OK.
func (s *stack) ready(t *testing.T, p *process, url string) {
	t.Helper()
	eventually(t, readyTimeout, func() error {
		if p.ended(0) {
			t.Fatalf("%s ended with %v:\n%s", p.name, p.err, p.tail())
		}
		_, err := get(url)
		return err
	})
}

var client = http.Client{Timeout: 20 * time.Second}

// get returns the body of a response with status 200.
func get(url string) ([]byte, error) {
	resp, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: %.400s", url, resp.Status, body)
	}
	return body, nil
}
