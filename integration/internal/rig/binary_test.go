package rig

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBinaryIsFoundAboveTheWorkingDirectory(t *testing.T) {
	root := t.TempDir()
	inner := filepath.Join(root, "a", "b")
	for _, dir := range []string{inner, filepath.Join(root, ".backends")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	want := filepath.Join(root, ".backends", "otelcol")
	if err := os.WriteFile(want, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(BinaryVariable, "")
	t.Chdir(inner)
	if got, err := Binary(); err != nil || !sameFile(t, got, want) {
		t.Errorf("found %q, %v", got, err)
	}
}

func TestBinaryByVariable(t *testing.T) {
	want := filepath.Join(t.TempDir(), "collector")
	if err := os.WriteFile(want, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(BinaryVariable, want)
	if got, err := Binary(); err != nil || got != want {
		t.Errorf("found %q, %v", got, err)
	}
}

// Without a Collector the error says how to build one.
func TestWithoutBinary(t *testing.T) {
	for name, value := range map[string]string{"none": "", "named, and not there": "nowhere"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(BinaryVariable, value)
			t.Chdir(t.TempDir())
			_, err := NewCollector(t.TempDir())
			if !errors.Is(err, ErrNoCollector) || !strings.Contains(err.Error(), "make collector") {
				t.Errorf("%v", err)
			}
		})
	}
}

func sameFile(t *testing.T, a, b string) bool {
	t.Helper()
	one, err := os.Stat(a)
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.Stat(b)
	if err != nil {
		t.Fatal(err)
	}
	return os.SameFile(one, other)
}
