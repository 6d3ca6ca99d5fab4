package asynclog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/krunchwrapper/asynclog"
)

// line has the fields of an output line that the tests check.
type line struct {
	Severity     int
	SeverityText string
	Body         struct{ Value string }
	Attributes   []struct {
		Key   string
		Value struct{ Value any }
	}
}

func (l *line) attr(key string) string {
	for _, a := range l.Attributes {
		if a.Key == key {
			text, _ := a.Value.Value.(string)
			return text
		}
	}
	return ""
}

func parseLines(t testing.TB, text string) []line {
	t.Helper()
	var lines []line
	for text := range strings.Lines(text) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		lines = append(lines, l)
	}
	return lines
}

// disk is a writer that can be full.
type disk struct {
	mu     sync.Mutex
	full   bool
	writes int
	text   bytes.Buffer
}

var errFull = errors.New("the disk is full")

func (d *disk) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	if d.full {
		return 0, errFull
	}
	return d.text.Write(p)
}

func (d *disk) set(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = full
}

func TestOutputWritesOneLinePerRecord(t *testing.T) {
	var d disk
	p, err := asynclog.Start(t.Context(), asynclog.WithOutput(&d))
	if err != nil {
		t.Fatal(err)
	}
	slog.Info("one", "n", "1")
	slog.Warn("two")
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkLedger(t, p)
	lines := parseLines(t, d.text.String())
	if len(lines) != 2 || d.writes != 2 || lines[0].Body.Value != "one" || lines[0].attr("n") != "1" || lines[1].Severity != 13 {
		t.Errorf("%d writes, lines %+v", d.writes, lines)
	}
}

// TestOutputRecovers: unlike the SDK's stdoutlog exporter, the output writes again after a
// failed write.
func TestOutputRecovers(t *testing.T) {
	reported := catchErrors(t)
	var d disk
	p, err := asynclog.Start(t.Context(), asynclog.WithOutput(&d))
	if err != nil {
		t.Fatal(err)
	}
	d.set(true)
	slog.Info("lost")
	if err := p.ForceFlush(t.Context()); !errors.Is(err, errFull) {
		t.Errorf("ForceFlush returned %v", err)
	}
	if e := p.Statistics().AsyncLogging.Exporters[0]; !e.Failing || !strings.Contains(e.LastError, errFull.Error()) {
		t.Errorf("the output is not failing: %+v", e)
	}
	d.set(false)
	slog.Info("written")
	if err := p.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	if err := p.Healthy(); err != nil {
		t.Errorf("Healthy returned %v", err)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	checkLedger(t, p)
	lines := parseLines(t, d.text.String())
	if len(lines) != 2 || lines[0].Body.Value != "written" || !strings.Contains(lines[1].Body.Value, "1 log record is missing here") {
		t.Errorf("lines %+v, want the written record and a gap record", lines)
	}
	if !strings.Contains(reported.text(), errFull.Error()) {
		t.Errorf("reported %q", reported.text())
	}
}

// TestOutputIsStandardOutput: the output uses the os.Stdout of the time of Start.
func TestOutputIsStandardOutput(t *testing.T) {
	stdout, file := os.Stdout, tempFile(t)
	os.Stdout = file
	p, err := asynclog.Start(t.Context())
	os.Stdout = stdout
	if err != nil {
		t.Fatal(err)
	}
	slog.Info("to standard output")
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkLedger(t, p)
	if lines := parseLines(t, contents(t, file)); len(lines) != 1 || lines[0].Body.Value != "to standard output" {
		t.Errorf("lines %+v", lines)
	}
}

func TestOutputToClosedFile(t *testing.T) {
	file := tempFile(t)
	_ = file.Close()
	reported := catchErrors(t)
	p, err := asynclog.Start(t.Context(), asynclog.WithOutput(file))
	if err != nil {
		t.Fatal(err)
	}
	slog.Info("nowhere")
	if err := p.Shutdown(t.Context()); lost(t, err) != 1 {
		t.Errorf("Shutdown returned %v", err)
	}
	checkLedger(t, p)
	if !strings.Contains(reported.text(), "closed") {
		t.Errorf("reported %q", reported.text())
	}
}
