package docs

import (
	"os/exec"
	"strings"
	"testing"
)

// shows reports whether a document shows the ledger that the quick start printed.
func shows(document, output string) bool {
	_, ledger, found := strings.Cut(output, "\nEmitted ")
	return found && strings.Contains(document, "\nEmitted "+ledger)
}

func TestQuickStartPrintsWhatTheReadmeShows(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "run", "./examples/quickstart", "LICENSE")
	cmd.Dir = root
	var output strings.Builder
	cmd.Stderr = &output
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, output.String())
	}
	if !shows(readFile(t, "README.md"), output.String()) {
		t.Errorf("README.md does not show what the quick start prints:\n%s", output.String())
	}
	if shows("\nEmitted 1\n", "line\nEmitted 2\n") || shows("line\n", "line\n") {
		t.Error("another output, or one without a ledger, was taken for what is shown")
	}
}
