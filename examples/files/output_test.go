package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUnwritableOutput(t *testing.T) {
	out := filepath.Join(t.TempDir(), "missing", "x")
	r := invoke(t, text, "-out", out, "-")
	r.wantStatus(t, exitFailed)
	r.wantError(t, "cannot write the records to -out "+out+": ")
}

func TestOutputIsInput(t *testing.T) {
	file := writeFile(t, "a.md", text)
	r := invoke(t, "", "-out", file, file)
	r.wantStatus(t, exitFailed)
	r.wantError(t, "would overwrite "+file)
	if got, _ := os.ReadFile(file); string(got) != text {
		t.Errorf("the file is now %q", got)
	}
}

func TestOutputFails(t *testing.T) {
	lines := 0
	broken := writerFunc(func(p []byte) (int, error) {
		if lines == 7 {
			return 0, errors.New("the disk is full")
		}
		lines++
		return len(p), nil
	})
	r := invokeWith(t.Context(), t, text, broken, "-repeat", "1000000", "-")
	r.wantStatus(t, exitFailed)
	r.wantError(t, "Stopped, because standard output could not be written: the disk is full.", "7 lines written")
	if n := r.ledger(t)["emitted"]; n >= 5_000_000 {
		t.Error("the work was not stopped")
	}
	if n := strings.Count(r.stderr, "asynclog: export to "); n > 1 { // none if Shutdown had begun: it returns the error
		t.Errorf("the error was reported %d times:\n%s", n, r.stderr)
	}
}
