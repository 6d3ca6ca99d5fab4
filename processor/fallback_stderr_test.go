package processor

import (
	"bytes"
	"os"
	"os/exec"
	"testing"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

const childVariable = "ASYNCLOG_TEST_CHILD"

// inChild reports whether the test runs in a process of its own.
func inChild() bool { return os.Getenv(childVariable) != "" }

// runChild runs this test alone in a process of its own, in which inChild is true and
// nothing has changed since the start. If it fails there it fails here.
func runChild(t *testing.T) (stdout, stderr []byte) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	child := exec.CommandContext(t.Context(), exe, "-test.run=^"+t.Name()+"$", "-test.count=1")
	child.Env = append(os.Environ(), childVariable+"=1")
	child.Stdout, child.Stderr = &out, &errOut
	if err := child.Run(); err != nil {
		t.Fatalf("the child: %v\n%s%s", err, &out, &errOut)
	}
	return out.Bytes(), errOut.Bytes()
}

func TestFallbackIsStandardErrorByDefault(t *testing.T) {
	if !inChild() {
		stdout, stderr := runChild(t)
		wantLines(t, stderr, "first", "second")
		if bytes.Contains(stdout, []byte("first")) {
			t.Errorf("on standard output: %s", stdout)
		}
		return
	}
	p := start(t, exportertest.New())
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	emit(p, log.SeverityInfo, "not critical")
	emit(p, log.SeverityError, "first")
	emit(p, log.SeverityFatal, "second")
	p.fallback.Drain(t.Context())
}
