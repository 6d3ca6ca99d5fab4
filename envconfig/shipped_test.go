package envconfig_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/krunchwrapper/asynclog/envconfig"
)

// TestShippedFile: config/config.jsonc as shipped changes nothing. With its comments
// removed from the values, it has every key, each with the default of production.
func TestShippedFile(t *testing.T) {
	text, err := os.ReadFile("../config/config.jsonc")
	if err != nil {
		t.Fatal(err)
	}
	plain := (&world{}).mustLoad(t)

	c := withFile(string(text)).mustLoad(t)
	plain.File, plain.Sources.File = c.File, c.Sources.File
	if c.String() != plain.String() {
		t.Errorf("as shipped\n%swithout the file\n%s", c, plain)
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
		t.Errorf("with its values\n%swithout the file\n%s", c, plain)
	}
}
