//go:build unix

package envconfig_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/envconfig"
)

// TestIrregularFile: a path that is no regular file of a moderate size is an error that
// names it, at once and with little memory.
func TestIrregularFile(t *testing.T) {
	t.Chdir(t.TempDir()) // a socket's path must be short
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(syscall.Mkfifo("fifo", 0o600))
	must(os.Symlink("fifo", "link"))
	must(os.Symlink("loop", "loop"))
	must(os.Mkdir("dir", 0o700))
	socket, err := net.Listen("unix", "socket")
	must(err)
	defer func() { _ = socket.Close() }()
	must(os.WriteFile("sparse", nil, 0o600))
	must(os.Truncate("sparse", 100<<20))
	nested := strings.Repeat(`{"a":`, 10_001)
	must(os.WriteFile("nested", []byte(nested), 0o600))
	must(os.WriteFile("mixed", []byte(strings.Repeat(`{"a":[`, 5_001)), 0o600))
	must(os.WriteFile("a\x1b[31m\nb", []byte("{"), 0o600))
	must(os.WriteFile("none", nil, 0o600))
	must(os.Remove("none"))

	const notRegular = "not a regular file"
	for path, want := range map[string]string{
		"fifo":                         notRegular,
		"link":                         notRegular,
		"dir":                          "is a directory",
		"socket":                       notRegular,
		"/dev/zero":                    notRegular,
		"loop":                         "too many levels of symbolic links",
		"sparse":                       "more than 1048576 bytes",
		"nested":                       "more than 10000 brackets",
		"mixed":                        "more than 10000 brackets",
		"none":                         "no such file",
		"a\x1b[31m\nb":                 `"a\x1b[31m\nb":1`,
		"no\x1b[31m\nsuch":             `no\x1b[31m\nsuch`,
		strings.Repeat("long/", 1<<18): "too long",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		done := make(chan error, 1)
		go func() {
			_, err := envconfig.Load(envconfig.WithFile(path))
			done <- err
		}()
		name := filepath.Base(path)
		select {
		case err = <-done:
		case <-time.After(10 * time.Second):
			t.Fatalf("%.40q: Load hangs", name)
		}
		runtime.ReadMemStats(&after)
		switch {
		case err == nil:
			t.Errorf("%.40q: no error", name)
		case !strings.Contains(err.Error(), want):
			t.Errorf("%.40q: %v, want %s", name, err, want)
		case len(err.Error()) > 600 || strings.ContainsAny(err.Error(), "\x1b\n"):
			t.Errorf("%.40q: %d bytes of error: %.700q", name, len(err.Error()), err)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 32<<20 {
			t.Errorf("%.40q: %d bytes were allocated", name, grown)
		}
	}
	if _, err := envconfig.Load(envconfig.WithFile("none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v is not ErrNotExist", err)
	}
}

// TestLargeVariable: of a variable of a mebibyte a report has a part, quoted.
func TestLargeVariable(t *testing.T) {
	huge := strings.Repeat("\x1b[2Jé\n", 1<<17)
	for _, key := range []string{
		"KRUNCHWRAPPER_CONFIG", "KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING", "ASYNC_LOG_QUEUE_SIZE",
		"OTEL_BLRP_MAX_QUEUE_SIZE", "OTEL_BLRP_SCHEDULE_DELAY", "DEBUG",
	} {
		w := &world{environ: map[string]string{key: huge}}
		c, err := w.load()
		texts := []string{strings.ReplaceAll(c.String(), "\n", "")}
		for _, e := range append(w.reports, err) {
			if e != nil {
				texts = append(texts, e.Error())
			}
		}
		for _, text := range texts {
			if len(text) > 2000 || strings.ContainsAny(text, "\x1b\n") {
				t.Errorf("%s: %d bytes: %.300q", key, len(text), text)
			}
		}
	}
}
