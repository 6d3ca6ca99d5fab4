package rig

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// BinaryVariable is the environment variable with the path of the Collector to run, if it
// is not the one that "make collector" builds.
const BinaryVariable = "ASYNCLOG_COLLECTOR"

// ErrNoCollector means that there is no Collector to run. Its text says how to build one.
var ErrNoCollector = errors.New(`no Collector to test against: run "make collector" in the repository's root`)

// Binary returns the path of the Collector: the value of ASYNCLOG_COLLECTOR, or else
// .backends/otelcol in the working directory or in the nearest directory above it that
// has that file.
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
