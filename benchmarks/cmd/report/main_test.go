package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/command"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/report"
)

// This test's binary is also the program that runs a trial or a receiver.
func TestMain(m *testing.M) {
	if ran, err := child(os.Args[1:]); ran {
		command.Exit(err)
	}
	os.Exit(m.Run())
}

func TestUnknownSection(t *testing.T) {
	err := run(context.Background(), []string{"-only", "speed"}, new(bytes.Buffer), new(bytes.Buffer))
	if err == nil || !strings.Contains(err.Error(), `"speed"`) {
		t.Errorf("run -only speed: %v", err)
	}
}

func TestOnly(t *testing.T) {
	var out, progress bytes.Buffer
	if err := run(t.Context(), []string{"-short", "-only", "memory"}, &out, &progress); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	text := out.String()
	for _, want := range []string{"# Measured", "brief run", "## A full queue of 50,000 records", "| SDK batch | "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "## Claims of the original system") {
		t.Errorf("another section in\n%s", text)
	}
}

// TestCancel: an interrupted run writes nothing and leaves no process running.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, []string{"-short", "-dir", t.TempDir()}, new(bytes.Buffer), new(bytes.Buffer)); err == nil {
		t.Error("a cancelled run returned no error")
	}
}

// BenchmarkReport writes the whole report, briefly.
func BenchmarkReport(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		var progress bytes.Buffer
		if err := run(context.Background(), []string{"-short", "-dir", dir}, new(bytes.Buffer), &progress); err != nil {
			b.Fatalf("%v\n%s", err, &progress)
		}
		text, err := os.ReadFile(filepath.Join(dir, "REPORT.md"))
		if err != nil {
			b.Fatal(err)
		}
		if sections := bytes.Count(text, []byte("\n## ")); sections <= len(report.Sections()) {
			b.Errorf("%d sections, want %d and the notes", sections, len(report.Sections()))
		}
		plots, err := filepath.Glob(filepath.Join(dir, "plots", "*.svg"))
		if err != nil || len(plots) == 0 {
			b.Errorf("plots: %v, %v", plots, err)
		}
	}
}
