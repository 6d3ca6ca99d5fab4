package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/command"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

// This test's binary is also the program that runs a trial.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == trial.Command {
		command.Exit(trial.Main(os.Args[2]))
	}
	os.Exit(m.Run())
}

func TestCompare(t *testing.T) {
	var out, stderr bytes.Buffer
	args := strings.Fields("-kind deliver -load paced -impls asynclog,sdk -times 2 -duration 60ms -queue 4096")
	if err := run(t.Context(), args, &out, &stderr); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	for _, want := range []string{"asynclog", "sdk", "p99.9 ns", "arrived/s", "cpu ns/record"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "heap") {
		t.Errorf("a row that was not measured in\n%s", &out)
	}
}
