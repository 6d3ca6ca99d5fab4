package main

import (
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const text = "The quick brown fox jumps over the lazy dog. The dog does not mind.\n"

var allPhases = []string{"INTERCEPTION", "ANALYSIS", "COMPRESSION", "COMPLETION"}

func TestFiles(t *testing.T) {
	long := writeFile(t, "long.md", strings.Repeat(text, 100))
	empty := writeFile(t, "empty.md", "")
	out := filepath.Join(t.TempDir(), "out.jsonl")

	r := invoke(t, "", "-out", out, long, empty)
	r.wantStatus(t, exitOK)
	r.wantError(t, "2 of 2 processed\n", "6,800 bytes, compressed to ", "log call    p50 ", out+": 12 lines, ")
	if r.stdout != "" {
		t.Errorf("standard output: %s", r.stdout)
	}
	lines, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	records := parseRecords(t, string(lines))
	if n := r.ledger(t)["exported"]; n != len(records) || n != 12 {
		t.Errorf("%d records exported, %d lines written, want 12 of each", n, len(records))
	}
	for _, document := range []string{long, empty} {
		if got := phasesOf(records, document); !slices.Equal(got, allPhases) {
			t.Errorf("phases of %s: %v, want %v", document, got, allPhases)
		}
	}
	for i := range records {
		if name := find(records[i].Resource, "service.name"); name != "files" {
			t.Fatalf("service.name is %v", name)
		}
		if records[i].attr("document") == long && records[i].Body.Value == "document analysed" && records[i].attr("words") != 1400.0 {
			t.Errorf("%v words, want 1400", records[i].attr("words"))
		}
	}
}

func TestServiceNameFromEnvironment(t *testing.T) {
	t.Setenv("OTEL_SERVICE_NAME", "mine")
	r := invoke(t, text, "-")
	for _, rec := range parseRecords(t, r.stdout) {
		if name := find(rec.Resource, "service.name"); name != "mine" {
			t.Fatalf("service.name is %v", name)
		}
	}
}

func TestStandardInput(t *testing.T) {
	r := invoke(t, text, "-repeat", "3", "-workers", "1", "-")
	r.wantStatus(t, exitOK)
	records := parseRecords(t, r.stdout)
	want := slices.Repeat(allPhases, 3)
	if got := phasesOf(records, "standard input"); !slices.Equal(got, want) {
		t.Errorf("phases %v, want %v", got, want)
	}
	if n := r.ledger(t)["exported"]; n != len(records) {
		t.Errorf("%d records exported, %d lines written", n, len(records))
	}
	if last := records[len(records)-1].attr("run"); last != 3.0 {
		t.Errorf("the last run is number %v, want 3", last)
	}
	if first := records[0].Body.Value; first != "work started" {
		t.Errorf("the first record is %q", first)
	}
}

func TestCorrelation(t *testing.T) {
	r := invoke(t, "short\n", "-repeat", "20", "-workers", "3", "-", filepath.Join(t.TempDir(), "missing"))
	r.wantStatus(t, exitFailed)
	bodies := make(map[any][]string) // by correlation ID
	runs := make(map[any]any)
	for _, rec := range parseRecords(t, r.stdout) {
		id, body := rec.attr("correlation.id"), rec.Body.Value
		if (id == nil) != (body == "work started") {
			t.Errorf("%q has correlation ID %v", body, id)
		}
		if run, ok := runs[id]; ok && run != rec.attr("run") {
			t.Errorf("runs %v and %v have the same correlation ID", run, rec.attr("run"))
		}
		runs[id] = rec.attr("run")
		bodies[id] = append(bodies[id], body)
	}
	if len(bodies) != 1+20+1 {
		t.Errorf("%d correlation IDs, want 21", len(bodies)-1)
	}
	want := []string{
		"document accepted", "document analysed", "most frequent words", "document compressed",
		"compression did not make the text smaller", "document complete, round trip verified",
	}
	for id, got := range bodies {
		if runs[id] != nil && !slices.Equal(got, want) {
			t.Errorf("records %q, want %q", got, want)
		}
	}
}

func TestLoggingIsRestored(t *testing.T) {
	before, writer, flags := slog.Default(), log.Writer(), log.Flags()
	r := invoke(t, text, "-")
	r.wantStatus(t, exitOK)
	if slog.Default() != before || log.Writer() != writer || log.Flags() != flags {
		t.Error("slog or log was not restored")
	}
}

func TestNothingToShow(t *testing.T) {
	t.Setenv("OTEL_SDK_DISABLED", "true")
	r := invoke(t, text, "-")
	r.wantStatus(t, exitUsage)
	r.wantError(t, "OTEL_SDK_DISABLED")
	if r.stdout != "" {
		t.Errorf("standard output: %s", r.stdout)
	}
}

// Without -queue, the configuration sets the size of the queue.
func TestQueueSizeByEnvironment(t *testing.T) {
	for _, variable := range []string{"ASYNC_LOG_QUEUE_SIZE", "OTEL_BLRP_MAX_QUEUE_SIZE"} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, "77")
			r := invoke(t, text, "-")
			r.wantError(t, ", queue 77)")
			r = invoke(t, text, "-queue", "78", "-")
			r.wantError(t, ", queue 78)")
		})
	}
	r := invoke(t, text, "-")
	r.wantError(t, ", queue 2,048)")
}

// The environment can make the program export each record before its log call returns.
func TestSynchronousByEnvironment(t *testing.T) {
	t.Setenv("KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING", "false")
	r := invoke(t, text, "-")
	r.wantStatus(t, exitOK)
	r.wantError(t, ", queue 0)")
	if n := len(parseRecords(t, r.stdout)); r.ledger(t)["exported"] != n || n == 0 {
		t.Errorf("%d lines written", n)
	}
}
