package asynclog_test

import (
	"strings"
	"testing"
)

func TestLastRecord(t *testing.T) {
	for name, c := range map[string]struct {
		status   int
		severity string
	}{
		"run":       {0, "INFO"},
		"exit":      {3, "INFO"},
		"fatal":     {1, "FATAL"},
		"log.Fatal": {1, "FATAL"},
	} {
		t.Run(name, func(t *testing.T) {
			lines, stderr := runChild(t, name, c.status)
			wantLast(t, lines, c.severity, "last words")
			if stderr != "" {
				t.Errorf("standard error: %s", stderr)
			}
		})
	}
}

func TestFatalLogsItsArguments(t *testing.T) {
	lines, _ := runChild(t, "fatal", 1)
	last := wantLast(t, lines, "FATAL", "last words")
	if len(lines) != 2 || last.Severity != 21 || len(last.Attributes) != 1 || last.Attributes[0].Value.Value != 7.0 {
		t.Errorf("records %+v", lines)
	}
}

// TestFatalWithoutPipeline: after Shutdown, and if OTEL_SDK_DISABLED is true, only slog's
// default logger is left.
func TestFatalWithoutPipeline(t *testing.T) {
	for _, env := range []string{"", "OTEL_SDK_DISABLED=true"} {
		lines, stderr := runChild(t, "fatal late", 1, env)
		if len(lines) != 0 || !strings.Contains(stderr, "last words") {
			t.Errorf("%d records, standard error: %s", len(lines), stderr)
		}
	}
}

func TestPanic(t *testing.T) {
	lines, stderr := runChild(t, "panic", 2)
	last := wantLast(t, lines, "FATAL", "panic: out of cheese")
	if last.Severity != 21 || last.attr("exception.type") != "*errors.errorString" || last.attr("exception.message") != "out of cheese" {
		t.Errorf("record %+v", last)
	}
	// The stack is that of the panic: it has this package's function and file.
	for _, text := range []string{"asynclog_test.init.", "child_test.go:"} {
		if !strings.Contains(last.attr("exception.stacktrace"), text) {
			t.Errorf("the stack does not have %q: %s", text, last.attr("exception.stacktrace"))
		}
		if !strings.Contains(stderr, text) {
			t.Errorf("the panic does not show %q: %s", text, stderr)
		}
	}
	if !strings.Contains(stderr, "panic: ") || !strings.Contains(stderr, "out of cheese") {
		t.Errorf("the panic does not continue: %s", stderr)
	}
}

func TestPanicOfTheRuntime(t *testing.T) {
	lines, stderr := runChild(t, "index", 2)
	last := wantLast(t, lines, "FATAL", "panic: runtime error: index out of range [1] with length 0")
	if last.attr("exception.type") != "runtime.boundsError" || !strings.Contains(stderr, "index out of range") {
		t.Errorf("record %+v, standard error: %s", last, stderr)
	}
}

// TestPanicOfAPanickingError: a value whose Error method panics still continues, and is
// logged as far as possible.
func TestPanicOfAPanickingError(t *testing.T) {
	lines, stderr := runChild(t, "hostile panic", 2)
	if len(lines) != 1 || lines[0].SeverityText != "FATAL" || !strings.HasSuffix(lines[0].attr("exception.type"), "hostile") {
		t.Errorf("records %+v", lines)
	}
	if !strings.Contains(stderr, "hostile") {
		t.Errorf("standard error: %s", stderr)
	}
}

func TestGoexit(t *testing.T) {
	lines, _ := runChild(t, "goexit", 0)
	if len(lines) != 2 || lines[0].Body.Value != "last words" {
		t.Errorf("records %+v", lines)
	}
	wantLast(t, lines, "ERROR", "the goroutine was ended by runtime.Goexit")
}

// TestDisabledRun: a panic also continues if nothing is logged.
func TestDisabledRun(t *testing.T) {
	lines, stderr := runChild(t, "panic", 2, "OTEL_SDK_DISABLED=true")
	if len(lines) != 0 || !strings.Contains(stderr, "out of cheese") {
		t.Errorf("%d records, standard error: %s", len(lines), stderr)
	}
}

func TestRunWithBadConfiguration(t *testing.T) {
	_, stderr := runChild(t, "run", 1, "KRUNCHWRAPPER_CONFIG=/does/not/exist.jsonc")
	if !strings.Contains(stderr, "/does/not/exist.jsonc") {
		t.Errorf("standard error: %s", stderr)
	}
	// A bad value in the environment is reported, and does not prevent the start.
	lines, stderr := runChild(t, "run", 0, "ASYNC_LOG_QUEUE_SIZE=many")
	wantLast(t, lines, "INFO", "last words")
	if !strings.Contains(stderr, "ASYNC_LOG_QUEUE_SIZE") {
		t.Errorf("standard error: %s", stderr)
	}
}

func TestSynchronousChild(t *testing.T) {
	lines, _ := runChild(t, "fatal", 1, "KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING=false")
	if len(lines) != 2 {
		t.Errorf("records %+v", lines)
	}
	wantLast(t, lines, "FATAL", "last words")
}
