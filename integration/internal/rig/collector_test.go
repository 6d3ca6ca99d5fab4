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

// scriptCollector returns a Collector that is a shell script.
func scriptCollector(t *testing.T, text string) *Collector {
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

// Start does not wait for a Collector that has ended. The error has the Collector's
// output.
func TestStartOfACollectorThatEnds(t *testing.T) {
	c := scriptCollector(t, "echo no such exporter >&2\nexit 3\n")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := c.Start(ctx)
	if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "no such exporter") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
}

func TestStartOfACollectorThatIsNeverReady(t *testing.T) {
	c := scriptCollector(t, "exec sleep 600\n")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := c.Start(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if err := c.Start(t.Context()); err == nil {
		t.Error("the Collector was started twice")
	}
}

// A Collector that does not stop is killed.
func TestStopOfACollectorThatDoesNot(t *testing.T) {
	c := scriptCollector(t, "trap '' TERM\necho ignoring\nwhile :; do sleep 1; done\n")
	started, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_ = c.Start(started) // it is never ready
	for !strings.Contains(c.Output(), "ignoring") {
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
		t.Error("the process is still running")
	}
}

// Records returns the records of several starts of a Collector, of which some wrote
// nothing, without gap records.
func TestRecordsOfSeveralStarts(t *testing.T) {
	c := scriptCollector(t, "exit 0\n")
	gap := `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"eventName":"asynclog.gap"}]}]}]}`
	for i, text := range []string{lineOne + "\n" + lineTwo[:9], gap + "\n" + lineTwo + "\n"} {
		path := filepath.Join(c.dir, fmt.Sprintf("start-%d", i))
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
