package asynclog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/processor"
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

// number returns the attribute n of the line, which the tests give each record.
func (l *line) number() int {
	for _, a := range l.Attributes {
		if a.Key == "n" {
			n, _ := a.Value.Value.(float64)
			return int(n)
		}
	}
	return -1
}

// wantNumbers checks that the lines are whole, and that the records from 1 to n are there
// once each, in order.
func wantNumbers(t *testing.T, text string, n int) {
	t.Helper()
	lines := parseLines(t, text)
	if len(lines) != n {
		t.Fatalf("%d lines, want %d", len(lines), n)
	}
	for i := range lines {
		if lines[i].number() != i+1 {
			t.Fatalf("line %d is record %d", i+1, lines[i].number())
		}
	}
}

func logNumbers(n int) {
	for i := 1; i <= n; i++ {
		slog.Info("numbered", "n", i)
	}
}

// TestOutputOfValuesWithoutJSON: NaN in one record does not make the output repeat its
// neighbours, nor lose the record.
func TestOutputOfValuesWithoutJSON(t *testing.T) {
	var d disk
	p, err := asynclog.Start(t.Context(), asynclog.WithOutput(&d))
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 100; i++ {
		slog.Info("ratio", "n", i, "v", nan(i))
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	checkLedger(t, p)
	wantNumbers(t, d.text.String(), 100)
	if s := p.Statistics().AsyncLogging; s.Exported != 100 || s.Retries != 0 {
		t.Errorf("%+v", s)
	}
}

// nan returns NaN for one of the numbers.
func nan(i int) float64 {
	if i == 60 {
		return math.NaN()
	}
	return float64(i)
}

// slowWriter takes its time for each call.
type slowWriter struct {
	disk
	delay time.Duration
}

func (w *slowWriter) Write(p []byte) (int, error) {
	time.Sleep(w.delay)
	return w.disk.Write(p)
}

// TestSlowOutput: an output that takes longer for a batch than the export timeout makes
// progress, and each line is there once.
func TestSlowOutput(t *testing.T) {
	w := &slowWriter{delay: time.Millisecond}
	p, err := asynclog.Start(t.Context(), asynclog.WithOutput(w), asynclog.WithProcessorOptions(
		processor.WithExportTimeout(20*time.Millisecond), processor.WithExportMaxBatchSize(100)))
	if err != nil {
		t.Fatal(err)
	}
	logNumbers(300)
	if err := p.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	if err := p.Healthy(); err != nil {
		t.Error(err)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	checkLedger(t, p)
	wantNumbers(t, w.text.String(), 300)
	if s := p.Statistics().AsyncLogging; s.Exported != 300 || s.Retries != 0 {
		t.Errorf("%+v", s)
	}
}

// TestOutputResumesAHalfLine: a disk that was full in the middle of a line has neither a
// line twice nor one that is glued to another.
func TestOutputResumesAHalfLine(t *testing.T) {
	catchErrors(t)
	w := &failingDisk{at: 300}
	p, err := asynclog.Start(t.Context(), asynclog.WithOutput(w))
	if err != nil {
		t.Fatal(err)
	}
	logNumbers(512)
	deadline := time.Now().Add(10 * time.Second)
	for p.Statistics().AsyncLogging.Exported < 512 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	checkLedger(t, p)
	wantNumbers(t, w.text.String(), 512)
	if s := p.Statistics().AsyncLogging; s.Retries != 1 {
		t.Errorf("%+v, want one retry", s)
	}
}

// failingDisk is full in the middle of one call.
type failingDisk struct {
	disk
	at int
}

func (d *failingDisk) Write(p []byte) (int, error) {
	if d.writes+1 == d.at {
		n, _ := d.disk.Write(p[:len(p)/2])
		return n, syscall.ENOSPC
	}
	return d.disk.Write(p)
}

// TestClosedOutputIsReportedOnce: a reader that goes away is one report, however many
// batches follow.
func TestClosedOutputIsReportedOnce(t *testing.T) {
	reported := catchErrors(t)
	r, w := io.Pipe()
	_ = r.Close()
	p, err := asynclog.Start(t.Context(), asynclog.WithOutput(w))
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		slog.Info("nowhere")
		_ = p.ForceFlush(t.Context())
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err) // nothing was left to lose
	}
	checkLedger(t, p)
	if n := strings.Count(reported.text(), "closed pipe"); n != 1 {
		t.Errorf("%d reports:\n%s", n, reported.text())
	}
	if s := p.Statistics().AsyncLogging; s.DroppedTotal() != 5 || s.Retries != 0 {
		t.Errorf("%+v, want 5 dropped at once", s)
	}
}
