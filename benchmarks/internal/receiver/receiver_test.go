package receiver

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// This test's binary is also the program that runs a receiver.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 2 && os.Args[1] == Command:
		if Main() != nil {
			os.Exit(1)
		}
		os.Exit(0)
	case len(os.Args) == 3 && os.Args[1] == CollectorCommand:
		if CollectorMain(os.Args[2]) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func listens(t *testing.T, address string) bool {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

func TestReceiver(t *testing.T) {
	r, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{r.OTLP, r.Lines} {
		if !listens(t, address) {
			t.Errorf("no process listens at %q", address)
		}
	}
	r.Stop()
	if listens(t, r.OTLP) {
		t.Error("the receiver listens after Stop")
	}
}

// TestCollector runs where "make collector" has built one.
func TestCollector(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	binary := CollectorBinary(dir)
	if binary == "" {
		t.Skip("no Collector in .backends: make collector builds it")
	}
	r, err := StartCollector(t.Context(), binary)
	if err != nil {
		t.Fatal(err)
	}
	if !listens(t, r.OTLP) {
		t.Errorf("no process listens at %q", r.OTLP)
	}
	r.Stop()
	for deadline := time.Now().Add(10 * time.Second); listens(t, r.OTLP); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the Collector runs on after Stop")
		}
	}
}

// TestCollectorThatEnds: StartCollector returns an error at once if the Collector does
// not start.
func TestCollectorThatEnds(t *testing.T) {
	if _, err := StartCollector(t.Context(), filepath.Join(t.TempDir(), "otelcol")); err == nil {
		t.Error("StartCollector returned no error without a binary")
	}
}

func TestCollectorBinary(t *testing.T) {
	dir := t.TempDir()
	below := filepath.Join(dir, "a", "b")
	backends := filepath.Join(dir, ".backends")
	for _, d := range []string{below, backends} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if got := CollectorBinary(below); got == filepath.Join(backends, "otelcol") {
		t.Error("found a binary that does not exist")
	}
	want := filepath.Join(backends, "otelcol")
	if err := os.WriteFile(want, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := CollectorBinary(below); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
