package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// program has a shell script stand in for the Collector.
func program(t *testing.T, text string) *Collector {
	t.Helper()
	path := filepath.Join(t.TempDir(), "collector")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(BinaryVariable, path)
	c, err := NewCollector(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Kill(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// A Collector that ends instead of getting ready does not keep a test waiting, and what
// it said is in the error.
func TestStartOfACollectorThatEnds(t *testing.T) {
	c := program(t, "echo no such exporter >&2\nexit 3\n")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := c.Start(ctx)
	if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "no such exporter") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
}

func TestStartOfACollectorThatIsNeverReady(t *testing.T) {
	c := program(t, "exec sleep 600\n")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := c.Start(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if err := c.Start(t.Context()); err == nil {
		t.Error("it was started twice")
	}
}

// A Collector that does not stop is killed.
func TestStopOfACollectorThatDoesNot(t *testing.T) {
	c := program(t, "trap '' TERM\necho deaf\nwhile :; do sleep 1; done\n")
	started, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_ = c.Start(started) // it never gets ready
	for !strings.Contains(c.Output(), "deaf") {
		time.Sleep(time.Millisecond)
	}
	p := c.current
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	select {
	case <-p.done:
	default:
		t.Error("it lives")
	}
}

// What two lives of a Collector wrote is read together: one that wrote nothing aside,
// and what a processor says of itself.
func TestRecordsOfSeveralLives(t *testing.T) {
	c := program(t, "exit 0\n")
	gap := `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"eventName":"asynclog.gap"}]}]}]}`
	for i, text := range []string{lineOne + "\n" + lineTwo[:9], gap + "\n" + lineTwo + "\n"} {
		path := filepath.Join(c.dir, fmt.Sprintf("life-%d", i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c.files = append(c.files, path, filepath.Join(c.dir, "none"))
	}
	records, err := c.Records()
	if err != nil || len(records) != 3 {
		t.Errorf("%d records, %v", len(records), err)
	}
}
