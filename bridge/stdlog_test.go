package bridge_test

import (
	"bytes"
	"context"
	"io"
	stdlog "log"
	"log/slog"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

func TestStdLogLines(t *testing.T) {
	keepState(t)
	p := newPipe(t, exportertest.New())
	changeState(t, func() {
		stdlog.SetFlags(stdlog.LstdFlags | stdlog.Lshortfile)
		stdlog.SetPrefix("prefix: ")
	})
	defer bridge.Install(p)()
	before := time.Now()
	stdlog.Println("a line")
	r := p.only(t)
	if r.Severity() != log.SeverityInfo || r.SeverityText() != "INFO" || r.Timestamp().Before(before) {
		t.Errorf("severity %v %q at %v", r.Severity(), r.SeverityText(), r.Timestamp())
	}
	wantAttributes(t, r, map[string]any{})
	stdlog.Print("two\nlines\n\n")
	stdlog.Print("")
	wantBodies(t, p, "prefix: a line", "prefix: two\nlines\n", "prefix: ")
}

func TestStdLogLevel(t *testing.T) {
	keepState(t)
	p := newPipe(t, exportertest.New())
	var level, std slog.LevelVar
	defer bridge.Install(p, bridge.WithLevel(&level), bridge.WithStdLogLevel(&std))()
	std.Set(slog.LevelDebug)
	stdlog.Print("below the level")
	std.Set(slog.LevelWarn)
	stdlog.Print("a warning")
	r := p.only(t)
	if r.Severity() != log.SeverityWarn || r.SeverityText() != "WARN" || r.Body().AsString() != "a warning" {
		t.Errorf("severity %v %q, body %v", r.Severity(), r.SeverityText(), r.Body())
	}
}

// TestStdLogSource prints lines in all ways that lead through the log package.
func TestStdLogSource(t *testing.T) {
	keepState(t)
	p := newPipe(t, exportertest.New())
	defer bridge.Install(p, bridge.WithSource(true))()
	own := stdlog.New(stdlog.Writer(), "", 0)
	for _, print := range []func(){
		func() { stdlog.Print("x") },                                         // this line
		func() { stdlog.Printf("%s", "x") },                                  // this line
		func() { stdlog.Println("x") },                                       // this line
		func() { _ = stdlog.Output(1, "x") },                                 // this line
		func() { own.Print("x") },                                            // this line
		func() { stdlog.New(io.MultiWriter(own.Writer()), "", 0).Print("") }, // this line
		func() { earlySlog.Info("x") },                                       // this line
		func() { slog.NewLogLogger(slog.Default().Handler(), 0).Print("x") }, // this line
	} {
		print()
		r := p.only(t)
		wantSource(t, &r, "stdlog_test.go", "TestStdLogSource")
	}
	_, _ = io.WriteString(own.Writer(), "past the log package\n")
	r := p.only(t)
	wantAttributes(t, r, map[string]any{})
}

// TestEarlySlogLoggers: loggers from before the first SetDefault have a handler that
// prints with the log package, for ever. Their levels are kept.
func TestEarlySlogLoggers(t *testing.T) {
	keepState(t)
	p := newPipe(t, exportertest.New())
	changeState(t, func() { stdlog.SetPrefix("prefix: ") })
	var level slog.LevelVar
	defer bridge.Install(p, bridge.WithLevel(&level))()
	for _, want := range []struct {
		level slog.Level
		text  string
	}{
		{slog.LevelError, "ERROR"},
		{slog.LevelWarn + 1, "WARN+1"},
		{slog.LevelInfo, "INFO"},
	} {
		earlySlog.Log(t.Context(), want.level, "a message", "k", "v w")
		r := p.only(t)
		if r.SeverityText() != want.text || r.Severity() != log.Severity(want.level)+log.SeverityInfo ||
			r.Body().AsString() != `a message early=true k="v w"` {
			t.Errorf("severity %v %q, body %v", r.Severity(), r.SeverityText(), r.Body())
		}
	}
	level.Set(slog.LevelError)
	earlySlog.Warn("below the level")
	stdlog.SetFlags(stdlog.LUTC | stdlog.Ldate)
	level.Set(slog.LevelInfo)
	earlySlog.Error("a line with a date in front")
	if r := p.only(t); r.Severity() != log.SeverityInfo {
		t.Errorf("severity %v, want that of a log line", r.Severity())
	}
}

// survive calls a function and recovers from its panic.
func survive(f func()) {
	defer func() { _ = recover() }()
	f()
}

func TestStdLogPanic(t *testing.T) {
	keepState(t)
	var out bytes.Buffer
	changeState(t, func() { stdlog.SetOutput(&out) })
	p := newPipe(t, exportertest.New())
	defer bridge.Install(p)()
	for name, f := range map[string]func(){
		"log.Panic":            func() { stdlog.Panic("x") },
		"log.Panicf":           func() { stdlog.Panicf("x") },
		"log.Panicln":          func() { stdlog.Panicln("x") },
		"(*log.Logger).Panic":  func() { stdlog.Default().Panic("x") },
		"(*log.Logger).Panicf": func() { stdlog.Default().Panicf("x") },
	} {
		before := p.exporter.RecordsTaken()
		survive(f)
		// No flush here: log.Panic has flushed.
		records := p.exporter.Records()[before:]
		if len(records) != 1 || records[0].Severity() != log.SeverityError || records[0].Body().AsString() != "x" {
			t.Errorf("%s: records %v", name, records)
		}
	}
	if out.Len() != 0 {
		t.Errorf("printed %q although all were flushed", out.String())
	}
}

// TestStdLogPanicWithoutFlush: a line that cannot be flushed is printed too.
func TestStdLogPanicWithoutFlush(t *testing.T) {
	keepState(t)
	var out bytes.Buffer
	changeState(t, func() { stdlog.SetOutput(&out) })
	p := newPipe(t, exportertest.New())
	type unflushable struct{ log.LoggerProvider }
	defer bridge.Install(unflushable{p})()
	survive(func() { stdlog.Panic("the end") })
	if out.String() != "the end\n" {
		t.Errorf("printed %q", out.String())
	}
	wantBodies(t, p, "the end")
}

// TestStdLogPanicAfterShutdown: a line that the provider does not accept is printed.
func TestStdLogPanicAfterShutdown(t *testing.T) {
	keepState(t)
	var out bytes.Buffer
	changeState(t, func() { stdlog.SetOutput(&out) })
	p := newPipe(t, exportertest.New())
	defer bridge.Install(p)()
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	survive(func() { stdlog.Panic("the end") })
	if out.String() != "the end\n" {
		t.Errorf("printed %q", out.String())
	}
}

// TestStdLogPanicWithLeftovers: the previous output of the log package may lead here.
func TestStdLogPanicWithLeftovers(t *testing.T) {
	var out bytes.Buffer
	changeState(t, func() { stdlog.SetOutput(&out) })
	p := newPipe(t, exportertest.New())
	restore := bridge.Install(p)
	stdlog.SetOutput(io.MultiWriter(stdlog.Writer()))
	restore()
	defer bridge.Install(flushedBy{p, func(context.Context) error { return io.ErrClosedPipe }})()
	survive(func() { stdlog.Panic("the end") })
	wantBodies(t, p, "the end")
	if out.String() != "the end\n" {
		t.Errorf("printed %q", out.String())
	}
}
