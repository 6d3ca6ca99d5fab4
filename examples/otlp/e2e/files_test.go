package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// run runs a program to its end and returns its output.
func run(t *testing.T, dir, path string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	return string(text), err
}

func TestComposeFileIsValid(t *testing.T) {
	compose := binary(t, "docker-compose")
	if text, err := run(t, root, compose, "-f", "docker-compose.yml", "config", "-q"); err != nil {
		t.Errorf("%v: %s", err, text)
	}
	// The check can fail: it finds a key that does not exist.
	text, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "docker-compose.yml")
	if err := os.WriteFile(broken, []byte(strings.Replace(string(text), "healthcheck:", "healthchek:", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := run(t, root, compose, "-f", broken, "config", "-q"); err == nil {
		t.Errorf("a misspelt key is not found: %s", text)
	}
}

// Every service in docker-compose.yml is restricted and has a health check.
func TestComposeServices(t *testing.T) {
	c := loadCompose(t)
	for name, s := range c.Services {
		for _, p := range s.Ports {
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes a port on %q", name, p.HostIP)
			}
		}
		if s.HealthCheck == nil && name != "load" {
			t.Errorf("%s has no health check", name)
		}
		for on, d := range s.DependsOn {
			if d.Condition != "service_healthy" {
				t.Errorf("%s does not wait until %s is healthy", name, on)
			}
		}
		if l := s.Deploy.Resources.Limits; l.CPUs == 0 || l.Memory == "" {
			t.Errorf("%s has no limits: %+v", name, l)
		}
		if s.Build == nil && !regexp.MustCompile(`:v?[0-9]+\.[0-9]+\.[0-9]+$`).MatchString(s.Image) {
			t.Errorf("%s uses the image %s, whose tag is not a version", name, s.Image)
		}
	}
}

// The backends of the tests have the versions of the images.
func TestBackendsAreThoseOfTheImages(t *testing.T) {
	c := loadCompose(t)
	_ = binary(t, "otelcol")
	for _, test := range []struct {
		service, image, file, version string
	}{
		{"prometheus", "prom/prometheus:v3.15.0", "prometheus.version", "github.com/prometheus/prometheus@v0.315.0"},
		{"loki", "grafana/loki:3.7.8", "loki.version", "github.com/grafana/loki/v3@v3.7.8"},
		{"jaeger", "jaegertracing/jaeger:2.13.0", "jaeger.version", "github.com/jaegertracing/jaeger@v1.76.0"},
	} {
		if got := c.Services[test.service].Image; got != test.image {
			t.Errorf("%s is the image %s, want %s", test.service, got, test.image)
		}
		text, err := os.ReadFile(filepath.Join(*backends, test.file))
		if err != nil || strings.TrimSpace(string(text)) != test.version {
			t.Errorf("%s was built from %s (%v), want %s", test.service, text, err, test.version)
		}
	}
	image := c.Services["collector"].Build.Args["COLLECTOR_IMAGE"]
	text, err := run(t, ".", binary(t, "otelcol"), "--version")
	if _, version, _ := strings.Cut(image, ":"); err != nil || !strings.Contains(text, version) {
		t.Errorf("the Collector is %s (%v), want that of %s", text, err, image)
	}
}

func TestConfigurationsAreValid(t *testing.T) {
	collectors, err := filepath.Glob("../collector/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tiers, err := filepath.Glob("../collector/scale-out/*.yaml")
	if err != nil || len(collectors) != 1 || len(tiers) != 3 {
		t.Fatalf("files %v and %v, %v", collectors, tiers, err)
	}
	type check struct {
		program string
		args    []string
	}
	checks := map[string]check{
		"prometheus": {"promtool", []string{"check", "config", "../prometheus/prometheus.yml"}},
		"loki":       {"loki", []string{"-verify-config", "-config.expand-env=true", "-config.file=../loki/loki.yaml"}},
		"jaeger":     {"jaeger", []string{"validate", "--config", "../jaeger/config.yaml"}},
	}
	for _, file := range append(collectors, tiers...) {
		checks[file] = check{"otelcol", []string{"validate", "--config", file}}
	}
	for name, c := range checks {
		t.Run(name, func(t *testing.T) {
			text, err := run(t, ".", binary(t, c.program), c.args...)
			if err != nil {
				t.Errorf("%v: %s", err, text)
			}
			// A deprecated setting works, but is reported on standard error.
			if strings.Contains(text, "deprecated") {
				t.Error(text)
			}
		})
	}
}

// The health checks of images without a shell are programs, which the test runs as the
// container would.
func TestHealthChecks(t *testing.T) {
	s := newStack(t)
	programs := map[string]string{"/probe": exampleBinary(t, "./probe"), "/usr/bin/loki": binary(t, "loki")}
	check := func(service, composedAddress, name string) error {
		test := s.compose.Services[service].HealthCheck.Test
		path, ok := programs[test[1]]
		if test[0] != "CMD" || !ok {
			return fmt.Errorf("%s has the health check %q", service, test)
		}
		var args []string
		for _, arg := range test[2:] {
			args = append(args, strings.Replace(arg, composedAddress, s.address(name), 1))
		}
		text, err := run(t, ".", path, args...)
		if err != nil {
			return fmt.Errorf("%s: %q: %w: %s", service, args, err, text)
		}
		return nil
	}
	all := []struct{ service, composedAddress, name string }{
		{"loki", "127.0.0.1:3100", "loki"},
		{"collector", "127.0.0.1:13133", "collector-health"},
		{"worker", "127.0.0.1:6060", "worker-admin"},
		{"front", "127.0.0.1:6060", "front-admin"},
	}
	for _, c := range all {
		if err := check(c.service, c.composedAddress, c.name); err == nil {
			t.Errorf("%s is healthy before it runs", c.service)
		}
	}
	s.prometheus(t) // receives the Collector's own metrics
	s.loki(t)
	s.collector(t)
	s.worker(t)
	s.front(t)
	for _, c := range all {
		if err := check(c.service, c.composedAddress, c.name); err != nil {
			t.Error(err)
		}
	}
}
