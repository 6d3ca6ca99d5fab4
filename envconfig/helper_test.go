package envconfig_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog/envconfig"
)

// path is the path of the test files. They are in no file system.
const path = "etc/test.jsonc"

// world is everything that Load can see: the tests change no state of the process.
type world struct {
	environ map[string]string
	args    []string
	files   map[string]string
	reports []error
}

// load runs Load in the world. The given options come last, and so override its own.
func (w *world) load(opts ...envconfig.Option) (envconfig.Config, error) {
	return envconfig.Load(append([]envconfig.Option{
		envconfig.WithLookup(func(key string) (string, bool) {
			v, ok := w.environ[key]
			return v, ok
		}),
		envconfig.WithArgs(w.args),
		envconfig.WithReadFile(func(name string) ([]byte, error) {
			text, ok := w.files[name]
			if !ok {
				return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
			}
			return []byte(text), nil
		}),
		envconfig.WithErrorHandler(func(err error) { w.reports = append(w.reports, err) }),
	}, opts...)...)
}

// mustLoad is load for a world without mistakes.
func (w *world) mustLoad(t *testing.T, opts ...envconfig.Option) envconfig.Config {
	t.Helper()
	c, err := w.load(opts...)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	if len(w.reports) != 0 {
		t.Errorf("reported %v", w.reports)
	}
	checkValid(t, c)
	return c
}

// withFile returns a world with one file, whose path is in its variable.
func withFile(text string) *world {
	return &world{
		environ: map[string]string{"KRUNCHWRAPPER_CONFIG": path},
		files:   map[string]string{path: text},
	}
}

// asyncFile returns a file with these members in logging.async_logging.
func asyncFile(members string) string {
	return `{"logging": {"async_logging": {` + members + `}}}`
}

// checkValid checks the properties of every Config that Load returns, with or without an
// error.
func checkValid(t *testing.T, c envconfig.Config) {
	t.Helper()
	if c.Environment != envconfig.Development && c.Environment != envconfig.Production {
		t.Errorf("environment %q", c.Environment)
	}
	if c.Level < envconfig.LevelTrace || c.Level > envconfig.LevelFatal+3 {
		t.Errorf("level %v", c.Level)
	}
	if c.QueueSize < 1 || c.BatchSize < 1 || c.BatchSize > min(c.QueueSize, 1<<16) {
		t.Errorf("queue size %d, batch size %d", c.QueueSize, c.BatchSize)
	}
	if c.ExportInterval < 1 || c.ExportTimeout < 1 {
		t.Errorf("export interval %v, export timeout %v", c.ExportInterval, c.ExportTimeout)
	}
	s := c.Sources
	for i, source := range []envconfig.Source{
		s.Environment, s.Level, s.Async, s.Verbose, s.QueueSize, s.BatchSize, s.ExportInterval, s.ExportTimeout, s.File,
	} {
		if source.Origin() == envconfig.Unknown || source.Name == "" {
			t.Errorf("source %d is not set: %+v", i, source)
		}
		if inFile := source.Origin() == envconfig.FromFile; inFile != (source.Line > 0) || inFile != (source.Column > 0) || inFile != (source.File != "") {
			t.Errorf("source %d has an incomplete position: %+v", i, source)
		}
	}
	if lines := strings.Count(c.String(), "\n"); lines != 9 {
		t.Errorf("String has %d lines, want 9:\n%s", lines, c)
	}
}

// startExample gives an example an environment, a working directory with the file (if one
// is named), and an error handler that prints, so that the example does not depend on the
// process that runs it. The returned function undoes this. An example has no testing.T,
// so a failure panics.
func startExample(environ map[string]string, file, text string) (end func()) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	variables, handler := os.Environ(), otel.GetErrorHandler()
	before, err := os.Getwd()
	must(err)
	dir, err := os.MkdirTemp("", "envconfig-example-")
	must(err)
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { fmt.Println("warning:", err) }))
	os.Clearenv()
	for name, value := range environ {
		must(os.Setenv(name, value))
	}
	must(os.Chdir(dir))
	if file != "" {
		must(os.MkdirAll(filepath.Dir(file), 0o700))
		must(os.WriteFile(file, []byte(text), 0o600))
	}
	return func() {
		os.Clearenv()
		for _, variable := range variables {
			name, value, _ := strings.Cut(variable, "=")
			_ = os.Setenv(name, value)
		}
		otel.SetErrorHandler(handler)
		must(os.Chdir(before))
		must(os.RemoveAll(dir))
	}
}
