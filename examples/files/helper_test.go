package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// result is the outcome of a run of the program.
type result struct {
	status         int
	stdout, stderr string
}

func invoke(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var stdout bytes.Buffer
	r := invokeWith(t.Context(), t, stdin, &stdout, args...)
	r.stdout = stdout.String()
	return r
}

func invokeWith(ctx context.Context, t *testing.T, stdin string, stdout io.Writer, args ...string) result {
	t.Helper()
	var stderr bytes.Buffer
	status := run(ctx, args, strings.NewReader(stdin), stdout, &stderr)
	return result{status: status, stderr: stderr.String()}
}

func (r *result) wantStatus(t *testing.T, want int) {
	t.Helper()
	if r.status != want {
		t.Errorf("exit status %d, want %d; standard error:\n%s", r.status, want, r.stderr)
	}
}

func (r *result) wantError(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(r.stderr, text) {
			t.Errorf("standard error lacks %q:\n%s", text, r.stderr)
		}
	}
}

var ledgerRow = regexp.MustCompile(`(?m)^  (emitted|filtered|exported|fallback|dropped.*?|queued|in flight) +([\d,]+)$`)

// ledger reads the ledger from the summary, and checks that it balances. The entry
// "dropped" is the sum of all drops.
func (r *result) ledger(t *testing.T) map[string]int {
	t.Helper()
	ledger := make(map[string]int)
	dropped := 0
	for _, m := range ledgerRow.FindAllStringSubmatch(r.stderr, -1) {
		n, err := strconv.Atoi(strings.ReplaceAll(m[2], ",", ""))
		if err != nil {
			t.Fatal(err)
		}
		ledger[m[1]] = n
		if strings.HasPrefix(m[1], "dropped") {
			dropped += n
		}
	}
	ledger["dropped"] = dropped
	ends := ledger["filtered"] + ledger["exported"] + ledger["fallback"] + dropped + ledger["queued"] + ledger["in flight"]
	if len(ledger) < 7 || ledger["emitted"] != ends || !strings.Contains(r.stderr, "\n  it balances: ") {
		t.Errorf("the ledger does not balance:\n%s", r.stderr)
	}
	return ledger
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// slowWriter pauses before each write.
type slowWriter struct {
	bytes.Buffer
	pause time.Duration
}

func (w *slowWriter) Write(p []byte) (int, error) {
	time.Sleep(w.pause)
	return w.Buffer.Write(p)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
