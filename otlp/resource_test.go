package otlp_test

import (
	"bytes"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/otlp"
)

// TestResourceAndScope: what is encoded can be read, and parsed again.
func TestResourceAndScope(t *testing.T) {
	res := otlp.NewResource(resource.NewWithAttributes("https://schema/1",
		attribute.String("service.name", "shop\xff"), attribute.Int("n", 3)))
	scope := otlp.NewScope(instrumentation.Scope{
		Name: "db", Version: "v1", SchemaURL: "https://schema/2",
		Attributes: attribute.NewSet(attribute.Bool("slow", true)),
	})
	again, err := otlp.ParseResource(res.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	scopeAgain, err := otlp.ParseScope(scope.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*otlp.Resource{res, again} {
		text := ""
		r.WalkAttributes(func(key string, v otlp.Value) bool {
			text += key + "=" + v.AttributeValue().String() + " "
			return true
		})
		if want := "n=3 service.name=shop\uFFFD "; text != want || r.SchemaURL() != "https://schema/1" {
			t.Errorf("resource %q %q, want %q", text, r.SchemaURL(), want)
		}
	}
	for _, s := range []*otlp.Scope{scope, scopeAgain} {
		text := s.Name() + " " + s.Version() + " " + s.SchemaURL()
		s.WalkAttributes(func(key string, v otlp.Value) bool {
			text += " " + key + "=" + v.AttributeValue().String()
			return true
		})
		if want := "db v1 https://schema/2 slow=true"; text != want {
			t.Errorf("scope %q, want %q", text, want)
		}
	}
	if b := otlp.NewScope(instrumentation.Scope{}).Bytes(); len(b) != 0 {
		t.Errorf("the empty scope is %x", b)
	}
	if b := otlp.NewResource(nil).Bytes(); len(b) != 0 {
		t.Errorf("no resource is %x", b)
	}
	// Records hidden in a resource or a scope would be sent with it.
	hidden := append(bytes.Clone(scope.Bytes()), 0x12, 2, 0x2a, 0)
	if _, err := otlp.ParseScope(hidden); err == nil {
		t.Error("ParseScope takes a record")
	}
	if _, err := otlp.ParseResource(hidden); err == nil {
		t.Error("ParseResource takes a ScopeLogs")
	}
}
