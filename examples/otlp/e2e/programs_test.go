package e2e

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var backends = flag.String("backends", "", "the folder with the binaries of the backends")

// readyTimeout limits the time until a backend is ready. Loki waits about 15 seconds for its
// ring.
const readyTimeout = 90 * time.Second

// binary returns the path of a program in the folder of backends. If there is no folder,
// binary skips the test.
func binary(t *testing.T, name string) string {
	t.Helper()
	if *backends == "" {
		t.Skip("needs the backends: make e2e")
	}
	path, err := filepath.Abs(filepath.Join(*backends, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: make e2e builds it", err)
	}
	return path
}

// example builds a program of the example once.
var example = struct {
	sync.Mutex
	built map[string]string
}{built: map[string]string{}}

func exampleBinary(t *testing.T, pkg string) string {
	t.Helper()
	example.Lock()
	defer example.Unlock()
	if path, ok := example.built[pkg]; ok {
		return path
	}
	dir, err := os.MkdirTemp("", "asynclog-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	temporary = append(temporary, dir)
	path := filepath.Join(dir, "program")
	cmd := exec.Command("go", "build", "-o", path, pkg)
	cmd.Dir = ".."
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, text)
	}
	example.built[pkg] = path
	return path
}

// temporary lists folders to be removed at the end.
var temporary []string

func TestMain(m *testing.M) {
	flag.Parse()
	status := m.Run()
	for _, dir := range temporary {
		_ = os.RemoveAll(dir)
	}
	os.Exit(status)
}

// names joins names for a message.
func names[T any](m map[string]T) string {
	var all []string
	for name := range m {
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}
