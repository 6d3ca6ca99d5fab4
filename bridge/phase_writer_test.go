package bridge_test

import (
	"context"
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/bridge"
)

var timeOfLine = regexp.MustCompile(`^time=\S+ `)

// untimed returns the lines without their times, which it checks are there.
func untimed(tb testing.TB, out string) []string {
	tb.Helper()
	var lines []string
	for line := range strings.Lines(out) {
		if !timeOfLine.MatchString(line) {
			tb.Errorf("no time: %q", line)
		}
		lines = append(lines, timeOfLine.ReplaceAllString(line, ""))
	}
	return lines
}

func wantLines(tb testing.TB, out string, want ...string) {
	tb.Helper()
	if got := strings.Join(untimed(tb, out), ""); got != strings.Join(want, "\n")+"\n" {
		tb.Errorf("written:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

// TestSynchronousLine: lines have the documented form.
func TestSynchronousLine(t *testing.T) {
	var out strings.Builder
	l := newService(t).phases(bridge.WithSynchronousWriter(&out))
	l.Log(t.Context(), "ANALYSIS", "goes through the queue only")
	l.Log(t.Context(), bridge.PhaseCompletion, "done", attribute.Int("tokens", 12), attribute.Float64("ratio", 0.5),
		attribute.Bool("cached", true), attribute.Float64("nan", math.NaN()), attribute.StringSlice("files", []string{"a", "b"}),
		attribute.Map("nested", attribute.Int("n", 1)), attribute.KeyValue{Key: "empty"})

	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{0xaa}, SpanID: trace.SpanID{0xbb}})
	ctx := bridge.ContextWithCorrelationID(trace.ContextWithSpanContext(t.Context(), sc), "req-1")
	l.Log(ctx, bridge.PhaseError, "two\nlines and a \"quote\"", attribute.String("file name", "a=b"))
	l.LogAny(ctx, bridge.PhaseError, "any", map[string]any{"n": 1}, "req-2")

	const ids = "trace_id=aa000000000000000000000000000000 span_id=bb00000000000000 "
	wantLines(t, out.String(),
		`level=INFO msg=done asynclog.phase=COMPLETION tokens=12 ratio=0.5 cached=true nan=NaN files="[\"a\",\"b\"]" nested="{\"n\":1}" empty=""`,
		`level=ERROR msg="two\nlines and a \"quote\"" asynclog.phase=ERROR `+ids+`"file name"="a=b" correlation.id=req-1`,
		`level=ERROR msg=any asynclog.phase=ERROR `+ids+`n=1 correlation.id=req-2`,
	)
}

func TestSynchronousPhases(t *testing.T) {
	for _, c := range []struct {
		name  string
		opts  []bridge.Option
		phase []string // the phases that are written
	}{
		{"default", nil, []string{"ERROR", "COMPLETION"}},
		{"others", []bridge.Option{bridge.WithSynchronousPhases("START", "ERROR")}, []string{"START", "ERROR"}},
		{"none", []bridge.Option{bridge.WithSynchronousPhases()}, nil},
		{"no writer", []bridge.Option{bridge.WithSynchronousWriter(nil)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			s := newService(t)
			l := s.phases(append([]bridge.Option{bridge.WithSynchronousWriter(&out)}, c.opts...)...)
			for _, phase := range []string{"START", "ERROR", "error", "COMPLETION", ""} {
				l.Log(t.Context(), phase, "…")
			}
			var want strings.Builder
			for _, phase := range c.phase {
				level := "INFO"
				if phase == "ERROR" {
					level = "ERROR"
				}
				want.WriteString("level=" + level + " msg=… asynclog.phase=" + phase + "\n")
			}
			if got := strings.Join(untimed(t, out.String()), ""); got != want.String() {
				t.Errorf("written:\n%s\nwant:\n%s", got, want.String())
			}
			if n := len(s.records(t)); n != 5 {
				t.Errorf("%d records, want 5: all go through the queue", n)
			}
		})
	}
}

// TestSynchronousWriterFails: the failure does not affect the caller or the record,
// and is reported once.
func TestSynchronousWriterFails(t *testing.T) {
	broken := errors.New("broken pipe")
	for name, w := range map[string]writerFunc{
		"broken pipe":   func([]byte) (int, error) { return 0, broken },
		"short write":   func(p []byte) (int, error) { return len(p) - 1, nil },
		"panic: at all": func([]byte) (int, error) { panic("at all") },
		"panic":         nil,
	} {
		t.Run(name, func(t *testing.T) {
			reports := make(chan error, 10)
			changeErrorHandler(t, otel.ErrorHandlerFunc(func(err error) { reports <- err }))
			s := newService(t)
			l := s.phases(bridge.WithSynchronousWriter(w))
			for range 3 {
				l.Log(t.Context(), bridge.PhaseError, "it broke")
			}
			if n := l.WriteFailures(); n != 3 {
				t.Errorf("WriteFailures() = %d, want 3", n)
			}
			if n := len(s.records(t)); n != 3 {
				t.Errorf("%d records, want 3", n)
			}
			if err := <-reports; !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "(failures so far: 1)") {
				t.Errorf("reported: %v", err)
			}
			select {
			case err := <-reports:
				t.Errorf("reported once more: %v", err)
			case <-time.After(20 * time.Millisecond):
			}
		})
	}
}

// TestSynchronousReportMayLog: an error handler that logs a synchronous phase itself
// neither loops nor waits for itself.
func TestSynchronousReportMayLog(t *testing.T) {
	s := newService(t)
	l := s.phases(bridge.WithSynchronousWriter(writerFunc(func([]byte) (int, error) { return 0, errors.New("full") })))
	reported := make(chan struct{})
	changeErrorHandler(t, otel.ErrorHandlerFunc(func(err error) {
		l.Log(context.Background(), bridge.PhaseError, err.Error())
		close(reported)
	}))
	l.Log(t.Context(), bridge.PhaseError, "it broke")
	<-reported
	if n := l.WriteFailures(); n != 2 {
		t.Errorf("WriteFailures() = %d, want 2", n)
	}
}

// TestExportNow: the batch is exported long before its interval ends.
func TestExportNow(t *testing.T) {
	s := newService(t)
	l := s.phases(bridge.WithExportNow(s.processor.ExportNow))
	l.Log(t.Context(), "ANALYSIS", "waits for a batch")
	l.Log(t.Context(), bridge.PhaseCompletion, "does not")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.exporter.WaitRecords(ctx, 2); err != nil {
		t.Error(err)
	}
}

// TestExportNowPanics: a panic of the function is counted, and the line is written.
func TestExportNowPanics(t *testing.T) {
	reports := make(chan error, 10)
	changeErrorHandler(t, otel.ErrorHandlerFunc(func(err error) { reports <- err }))
	var out strings.Builder
	calls := 0
	l := newService(t).phases(
		bridge.WithSynchronousWriter(&out), bridge.WithExportNow(func() { calls++; panic("no processor") }))
	l.Log(t.Context(), "ANALYSIS", "…")
	l.Log(t.Context(), bridge.PhaseCompletion, "done")
	if calls != 1 || l.WriteFailures() != 1 {
		t.Errorf("%d calls, %d failures, want 1 of each", calls, l.WriteFailures())
	}
	wantLines(t, out.String(), "level=INFO msg=done asynclog.phase=COMPLETION")
	if err := <-reports; !strings.Contains(err.Error(), "panic: no processor") {
		t.Errorf("reported: %v", err)
	}
}
