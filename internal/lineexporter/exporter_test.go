package lineexporter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/internal/jsonline"
	"github.com/krunchwrapper/asynclog/internal/lineexporter"
)

func records(from, to int) (recs []sdklog.Record) {
	for n := from; n < to; n++ {
		recs = append(recs, exportertest.Record(log.SeverityInfo, fmt.Sprintf("record %d", n)))
	}
	return recs
}

// scripted is a writer whose calls return what the script says; without a script it takes
// everything.
type scripted struct {
	bytes.Buffer
	calls  int
	script map[int]func(w *scripted, p []byte) (int, error) // by the number of the call
}

func (w *scripted) Write(p []byte) (int, error) {
	w.calls++
	if f := w.script[w.calls]; f != nil {
		return f(w, p)
	}
	return w.Buffer.Write(p)
}

// take returns a step that keeps n bytes and returns the error.
func take(n int, err error) func(w *scripted, p []byte) (int, error) {
	return func(w *scripted, p []byte) (int, error) {
		n := min(n, len(p))
		w.Buffer.Write(p[:n])
		return n, err
	}
}

func writeError(t *testing.T, err error) *lineexporter.WriteError {
	t.Helper()
	var e *lineexporter.WriteError
	if !errors.As(err, &e) {
		t.Fatalf("Export returned %v, want a WriteError", err)
	}
	return e
}

func wantLines(t *testing.T, got string, recs []sdklog.Record) {
	t.Helper()
	if want := string(new(jsonline.Encoder).Encode(recs)); got != want {
		t.Errorf("written\n%s\nwant\n%s", got, want)
	}
}

// TestResume fails a write in the middle of the third line.
func TestResume(t *testing.T) {
	for name, tc := range map[string]struct {
		n    int
		err  error
		done int
	}{
		"nothing of the line":   {0, syscall.ENOSPC, 2},
		"half of the line":      {20, syscall.ENOSPC, 2},
		"short without error":   {20, nil, 2},
		"all but the line feed": {-1, syscall.ENOSPC, 2},
		"all of the line":       {1 << 20, syscall.ENOSPC, 3},
	} {
		t.Run(name, func(t *testing.T) {
			all := records(0, 6)
			n := tc.n
			if n < 0 {
				n += len(new(jsonline.Encoder).Encode(all[2:3]))
			}
			w := &scripted{script: map[int]func(*scripted, []byte) (int, error){3: take(n, tc.err)}}
			e := lineexporter.New(w)
			err := writeError(t, e.Export(t.Context(), all))
			if err.RecordsWritten() != tc.done || !err.Temporary() || err.Permanent() {
				t.Errorf("%d written, temporary %t, permanent %t; want %d, temporary", err.RecordsWritten(), err.Temporary(), err.Permanent(), tc.done)
			}
			if err := e.Export(t.Context(), all[tc.done:]); err != nil {
				t.Error(err)
			}
			wantLines(t, w.String(), all)
		})
	}
}

// TestAnotherBatchAfterAHalfLine checks that a half-written line is completed, although
// its record is not exported again, so that no other line is glued to it.
func TestAnotherBatchAfterAHalfLine(t *testing.T) {
	w := &scripted{script: map[int]func(*scripted, []byte) (int, error){1: take(10, syscall.ENOSPC)}}
	e := lineexporter.New(w)
	all := records(0, 3)
	if err := writeError(t, e.Export(t.Context(), all[:1])); err.RecordsWritten() != 0 {
		t.Errorf("%d written, want none", err.RecordsWritten())
	}
	if err := e.Export(t.Context(), all[1:]); err != nil {
		t.Error(err)
	}
	wantLines(t, w.String(), all)
}

// TestClosed checks that an output whose reader has gone is reported once, and not written
// to again.
func TestClosed(t *testing.T) {
	for _, cause := range []error{syscall.EPIPE, os.ErrClosed, io.ErrClosedPipe, &os.PathError{Op: "write", Err: syscall.EPIPE}} {
		w := &scripted{script: map[int]func(*scripted, []byte) (int, error){2: take(0, cause)}}
		e := lineexporter.New(w)
		err := writeError(t, e.Export(t.Context(), records(0, 3)))
		if !err.Permanent() || err.Temporary() || err.Reported() || err.RecordsWritten() != 1 || !errors.Is(err, cause) {
			t.Errorf("%v: %+v", cause, err)
		}
		err = writeError(t, e.Export(t.Context(), records(1, 3)))
		if !err.Permanent() || !err.Reported() || err.RecordsWritten() != 0 || w.calls != 2 {
			t.Errorf("%v, again: %+v after %d calls", cause, err, w.calls)
		}
	}
}

// TestOddWriters checks writers that break the contract of io.Writer.
func TestOddWriters(t *testing.T) {
	wraps := &selfWrapping{}
	for name, step := range map[string]func(*scripted, []byte) (int, error){
		"negative":      func(*scripted, []byte) (int, error) { return -1, nil },
		"panics":        func(*scripted, []byte) (int, error) { panic("no") },
		"unknown error": func(*scripted, []byte) (int, error) { return 0, errors.New("no") },
		"wraps itself":  func(*scripted, []byte) (int, error) { return 0, wraps },
	} {
		t.Run(name, func(t *testing.T) {
			w := &scripted{script: map[int]func(*scripted, []byte) (int, error){2: step}}
			e := lineexporter.New(w)
			all := records(0, 3)
			err := writeError(t, e.Export(t.Context(), all))
			if err.RecordsWritten() != 1 || err.Temporary() || err.Permanent() {
				t.Errorf("%+v", err)
			}
			if err := e.Export(t.Context(), all[1:]); err != nil {
				t.Error(err)
			}
			wantLines(t, w.String(), all)
		})
	}
}

// TestWriterThatAddsBytes is about a writer that counts more bytes than it got, because it
// adds some: each line is written once.
func TestWriterThatAddsBytes(t *testing.T) {
	var w crlf
	if err := lineexporter.New(&w).Export(t.Context(), records(0, 3)); err != nil {
		t.Error(err)
	}
	if got := bytes.Count(w.Bytes(), []byte("\r\n")); got != 3 {
		t.Errorf("%d lines, want 3", got)
	}
}

// crlf ends lines as Windows does.
type crlf struct{ bytes.Buffer }

func (w *crlf) Write(p []byte) (int, error) {
	return w.Buffer.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n")))
}

type selfWrapping struct{}

func (e *selfWrapping) Error() string { return "wraps itself" }
func (e *selfWrapping) Unwrap() error { return e }

// TestContext checks that a deadline does not end an export, and that Shutdown and the
// cancellation of the context do, between two lines.
func TestContext(t *testing.T) {
	all := records(0, 4)
	var e *lineexporter.Exporter
	past, cancelPast := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelPast()
	ctx, cancel := context.WithCancel(t.Context())
	for name, tc := range map[string]struct {
		ctx  context.Context
		step func()
		want int
	}{
		"deadline":  {past, func() {}, 4},
		"cancelled": {ctx, cancel, 2},
		"shut down": {t.Context(), func() { _ = e.Shutdown(t.Context()) }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := &scripted{script: map[int]func(*scripted, []byte) (int, error){2: func(w *scripted, p []byte) (int, error) {
				tc.step()
				return w.Buffer.Write(p)
			}}}
			e = lineexporter.New(w)
			err := e.Export(tc.ctx, all)
			if done := strings.Count(w.String(), "\n"); done != tc.want || (err == nil) != (tc.want == len(all)) {
				t.Fatalf("%d lines, %v; want %d", done, err, tc.want)
			}
			if err != nil && writeError(t, err).RecordsWritten() != tc.want {
				t.Errorf("%d written, want %d", writeError(t, err).RecordsWritten(), tc.want)
			}
		})
	}
	if err := e.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestShutdownDoesNotWaitForTheWriter is about a writer that blocks for ever.
func TestShutdownDoesNotWaitForTheWriter(t *testing.T) {
	entered, hang := make(chan struct{}), make(chan struct{})
	w := &scripted{script: map[int]func(*scripted, []byte) (int, error){1: func(_ *scripted, p []byte) (int, error) {
		close(entered)
		<-hang
		return len(p), nil
	}}}
	e := lineexporter.New(w)
	done := make(chan error, 1)
	go func() { done <- e.Export(t.Context(), records(0, 2)) }()
	<-entered
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	close(hang)
	if err := writeError(t, <-done); err.RecordsWritten() != 1 {
		t.Errorf("%d written, want the one that was under way", err.RecordsWritten())
	}
	if err := e.Export(t.Context(), records(0, 1)); !errors.Is(err, sdklog.ErrExporterShutdown) {
		t.Errorf("Export after Shutdown returned %v", err)
	}
}

// FuzzResume exports records as the processor does, through a writer that fails at random:
// what is not written is exported again. Each line must be there once, whole, in order.
func FuzzResume(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, uint8(20), uint8(60))
	}
	f.Fuzz(func(t *testing.T, seed uint64, count, failures uint8) {
		random := rand.New(rand.NewPCG(seed, 1))
		w := &flaky{random: random, percent: min(int(failures), 90)}
		e := lineexporter.New(w)
		all := records(0, int(count))
		for rest := all; len(rest) > 0; {
			batch := rest[:1+random.IntN(len(rest))]
			err := e.Export(context.Background(), batch)
			written := len(batch)
			if err != nil {
				if written = writeError(t, err).RecordsWritten(); written > len(batch) {
					t.Fatalf("%d of %d written", written, len(batch))
				}
			}
			rest = rest[written:]
		}
		w.percent = 0 // the last line may be complete but for its error
		wantLines(t, w.String(), all)
	})
}

// flaky fails some of its calls after a random number of bytes.
type flaky struct {
	bytes.Buffer
	random  *rand.Rand
	percent int
}

func (w *flaky) Write(p []byte) (int, error) {
	if w.random.IntN(100) >= w.percent {
		return w.Buffer.Write(p)
	}
	n, _ := w.Buffer.Write(p[:w.random.IntN(len(p)+1)])
	return n, []error{syscall.ENOSPC, errors.New("strange"), io.ErrShortWrite}[w.random.IntN(3)]
}
