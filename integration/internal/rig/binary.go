package rig

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// BinaryVariable is the environment variable that names the Collector to run,
// where it is not the one that "make collector" builds.
const BinaryVariable = "ASYNCLOG_COLLECTOR"

// ErrNoCollector says that there is no Collector to run, and how to get one.
var ErrNoCollector = errors.New(`no Collector to test against: run "make collector" in the repository's root`)

// Binary returns the path of the Collector: the value of ASYNCLOG_COLLECTOR, else
// .backends/otelcol in the working directory or the nearest directory above it that
// has one.
func Binary() (string, error) {
	if path := os.Getenv(BinaryVariable); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%w (%s: %w)", ErrNoCollector, BinaryVariable, err)
		}
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, ".backends", "otelcol")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", ErrNoCollector
		}
		dir = parent
	}
}
