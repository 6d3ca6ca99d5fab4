package envconfig_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/krunchwrapper/asynclog/envconfig"
)

// TestShippedFile: config/config.jsonc changes nothing as it is, and with its values
// let in, it has every key and what holds in production anyway.
func TestShippedFile(t *testing.T) {
	text, err := os.ReadFile("../config/config.jsonc")
	if err != nil {
		t.Fatal(err)
	}
	plain := (&world{}).mustLoad(t)

	c := withFile(string(text)).mustLoad(t)
	plain.File, plain.Sources.File = c.File, c.Sources.File
	if c.String() != plain.String() {
		t.Errorf("as it is\n%swithout it\n%s", c, plain)
	}

	values := regexp.MustCompile(`(?m)^( *)// ("[a-z_]+": .*)$`)
	if n := len(values.FindAll(text, -1)); n != 5 {
		t.Fatalf("%d values are commented out, want all 5", n)
	}
	c = withFile(values.ReplaceAllString(string(text), "$1$2")).mustLoad(t)
	for name, source := range map[string]envconfig.Source{
		"verbose": c.Sources.Verbose, "async": c.Sources.Async, "queue size": c.Sources.QueueSize,
		"batch size": c.Sources.BatchSize, "export interval": c.Sources.ExportInterval,
	} {
		if source.Origin() != envconfig.FromFile {
			t.Errorf("%s is from %s, want the file", name, source)
		}
	}
	c.Sources = plain.Sources
	if c.String() != plain.String() {
		t.Errorf("with its values let in\n%swithout it\n%s", c, plain)
	}
}
