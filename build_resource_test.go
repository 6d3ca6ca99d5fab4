package asynclog_test

import (
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/krunchwrapper/asynclog"
)

// resourceOf returns the resource of a pipeline's records.
func resourceOf(t *testing.T, opts ...asynclog.Option) *resource.Resource {
	t.Helper()
	p, exporter := start(t, opts...)
	slog.Info("record")
	records := flushed(t, p, exporter)
	if len(records) != 1 {
		t.Fatalf("%d records", len(records))
	}
	return records[0].Resource()
}

func value(r *resource.Resource, key attribute.Key) string {
	v, _ := r.Set().Value(key)
	return v.String()
}

func TestResourceWithoutConfiguration(t *testing.T) {
	r := resourceOf(t)
	host, _ := os.Hostname()
	for key, want := range map[attribute.Key]string{
		semconv.ServiceNameKey:          "unknown_service:asynclog.test",
		semconv.TelemetrySDKNameKey:     "opentelemetry",
		semconv.TelemetrySDKLanguageKey: "go",
		semconv.HostNameKey:             host,
		semconv.ProcessPIDKey:           strconv.Itoa(os.Getpid()),
		semconv.ProcessRuntimeNameKey:   "go",
	} {
		if got := value(r, key); strings.TrimSuffix(got, ".exe") != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	for _, key := range []attribute.Key{ // may be secret, or differs at each start
		semconv.ProcessCommandArgsKey, semconv.ProcessOwnerKey, semconv.ServiceInstanceIDKey,
	} {
		if r.Set().HasValue(key) {
			t.Errorf("the resource has %s", key)
		}
	}
	if r.SchemaURL() != semconv.SchemaURL {
		t.Errorf("schema URL %q", r.SchemaURL())
	}
}

func TestResourcePrecedence(t *testing.T) {
	inCode := asynclog.WithResource(resource.NewSchemaless(
		semconv.ServiceName("code"), attribute.String("team", "code")))
	for name, c := range map[string]struct {
		service, attributes string // in the environment
		opts                []asynclog.Option
		name, team          string
	}{
		"default in code":  {"", "", []asynclog.Option{asynclog.WithServiceName("default")}, "default", ""},
		"attributes":       {"", "service.name=attributes,team=b", []asynclog.Option{asynclog.WithServiceName("default")}, "attributes", "b"},
		"name":             {"name", "service.name=attributes,team=b", []asynclog.Option{asynclog.WithServiceName("default")}, "name", "b"},
		"resource in code": {"name", "service.name=attributes,team=b", []asynclog.Option{inCode}, "code", "code"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_SERVICE_NAME", c.service)
			t.Setenv("OTEL_RESOURCE_ATTRIBUTES", c.attributes)
			r := resourceOf(t, c.opts...)
			if got := value(r, semconv.ServiceNameKey); got != c.name {
				t.Errorf("service.name is %q, want %q", got, c.name)
			}
			if got := value(r, "team"); got != c.team {
				t.Errorf("team is %q, want %q", got, c.team)
			}
			if !r.Set().HasValue(semconv.HostNameKey) {
				t.Error("the resource has no host.name")
			}
		})
	}
}

// TestResourceOfAnotherSchema: a resource of other semantic conventions keeps its schema
// URL, and no attribute is lost.
func TestResourceOfAnotherSchema(t *testing.T) {
	const url = "https://opentelemetry.io/schemas/1.26.0"
	r := resourceOf(t, asynclog.WithResource(resource.NewWithAttributes(url, attribute.String("team", "a"))))
	if r.SchemaURL() != url || value(r, "team") != "a" || value(r, semconv.TelemetrySDKNameKey) == "" {
		t.Errorf("schema %q, resource %v", r.SchemaURL(), r)
	}
}

// TestResourceOfABadEnvironment: mistakes in the environment are reported and ignored.
func TestResourceOfABadEnvironment(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "team,service.name=shop")
	reported := catchErrors(t)
	if got := value(resourceOf(t), semconv.ServiceNameKey); got != "shop" {
		t.Errorf("service.name is %q", got)
	}
	if text := reported.text(); strings.Count(text, "team") != 1 || strings.Count(text, "\n") != 0 {
		t.Errorf("reported %q, want one report that names the part", text)
	}
}
