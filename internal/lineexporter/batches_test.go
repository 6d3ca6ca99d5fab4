package lineexporter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/internal/lineexporter"
	"github.com/krunchwrapper/asynclog/processor"
)

// script returns a writer whose first calls return what the steps do.
func script(steps ...func(*scripted, []byte) (int, error)) *scripted {
	w := &scripted{script: map[int]func(*scripted, []byte) (int, error){}}
	for i, step := range steps {
		w.script[i+1] = step
	}
	return w
}

// TestOtherBatchesBeforeAHalfLinesRecord checks that the record of a half-written line has
// one line, although other batches are exported before it comes again.
func TestOtherBatchesBeforeAHalfLinesRecord(t *testing.T) {
	half := take(20, syscall.ENOSPC)
	for name, w := range map[string]*scripted{
		"one half line":  script(half),
		"two half lines": script(half, take(1<<20, nil), half),
		"in two pieces":  script(half, half),
	} {
		t.Run(name, func(t *testing.T) {
			e := lineexporter.New(w)
			batches := [][]sdklog.Record{records(0, 3), records(3, 5)}
			for _, i := range []int{0, 1, 0, 1, 0} {
				if len(batches[i]) == 0 {
					continue
				}
				written := len(batches[i])
				if err := e.Export(t.Context(), batches[i]); err != nil {
					written = writeError(t, err).RecordsWritten()
				}
				batches[i] = batches[i][written:]
			}
			wantOnce(t, w.String(), 5)
		})
	}
}

// wantOnce checks that the lines are whole, and are those of records 0 to n-1, in any order.
func wantOnce(t *testing.T, text string, n int) {
	t.Helper()
	got := bodies(t, text)
	for i := range n {
		if body := fmt.Sprintf("record %d", i); got[body] != 1 {
			t.Errorf("%q is there %d times", body, got[body])
		}
	}
	if len(got) != n {
		t.Errorf("%d different lines, want %d", len(got), n)
	}
}

// bodies returns how often a line with each body is there.
func bodies(t *testing.T, text string) map[string]int {
	t.Helper()
	got := map[string]int{}
	for line := range strings.Lines(text) {
		var l struct{ Body struct{ Value any } }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Errorf("%v: %.200q", err, line)
		}
		got[fmt.Sprint(l.Body.Value)]++
	}
	return got
}

// TestGapRecordAfterAHalfLine: the processor exports a gap record when a batch was written
// in part, before it tries the rest of the batch again.
func TestGapRecordAfterAHalfLine(t *testing.T) {
	ignoreErrors(t)
	synctest.Test(t, func(t *testing.T) {
		w := script(take(1<<20, nil), take(20, syscall.ENOSPC))
		p := processor.New(lineexporter.New(w), processor.WithGapRecords(true), processor.WithFallback(nil),
			processor.WithMaxQueueSize(8), processor.WithExportMaxBatchSize(8))
		emit(p, records(0, 30))
		time.Sleep(time.Minute)
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		s, lines := p.Stats(), 0
		for body, n := range bodies(t, w.String()) {
			if n != 1 {
				t.Errorf("%q is there %d times", body, n)
			}
			if strings.HasPrefix(body, "record ") {
				lines++
			}
		}
		if s.GapRecords == 0 || s.Retries == 0 || s.DroppedTotal() == 0 {
			t.Errorf("no gap record came between: %+v", s)
		}
		if uint64(lines) != s.Exported || !s.Balanced() {
			t.Errorf("%d lines: %+v", lines, s)
		}
	})
}

func emit(p *processor.Processor, recs []sdklog.Record) {
	for i := range recs {
		p.OnEmit(context.Background(), &recs[i])
	}
}

func ignoreErrors(t *testing.T) {
	before := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	t.Cleanup(func() { otel.SetErrorHandler(before) })
}

// TestEqualRecords: records of which the lines are equal have as many lines as records were
// exported, whichever of them gave way to others.
func TestEqualRecords(t *testing.T) {
	r := records(0, 1)[0]
	equal := []sdklog.Record{r, r, r}
	w := script(take(20, syscall.ENOSPC))
	e := lineexporter.New(w)
	_ = e.Export(t.Context(), equal)
	if err := e.Export(t.Context(), equal[1:]); err != nil { // one gave way
		t.Error(err)
	}
	if err := e.Export(t.Context(), equal[:1]); err != nil {
		t.Error(err)
	}
	wantLines(t, w.String(), equal)
}

// TestShutdownCompletesALine: what the next process writes to the file is not glued to it.
func TestShutdownCompletesALine(t *testing.T) {
	half := take(20, syscall.ENOSPC)
	for name, tc := range map[string]struct {
		w    *scripted
		ctx  func(context.Context) context.Context
		want string // in the error; "" for none
		torn bool   // the line stays half-written
	}{
		"the disk has space": {w: script(half)},
		"it has none":        {script(half, half), nil, syscall.ENOSPC.Error(), true},
		"no time":            {script(half), cancelled, "", true},
		"closed":             {script(half, take(0, io.ErrClosedPipe)), nil, io.ErrClosedPipe.Error(), true},
		"it panics":          {script(half, func(*scripted, []byte) (int, error) { panic("no") }), nil, "panicked: no", true},
		"it ends its goroutine": {script(half, func(*scripted, []byte) (int, error) {
			runtime.Goexit()
			return 0, nil
		}), nil, "ended its goroutine", true},
	} {
		t.Run(name, func(t *testing.T) {
			e, ctx := lineexporter.New(tc.w), t.Context()
			if tc.ctx != nil {
				ctx = tc.ctx(ctx)
			}
			_ = e.Export(t.Context(), records(0, 1))
			err := e.Shutdown(ctx)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Shutdown returned %v", err)
			}
			if got := strings.HasSuffix(tc.w.String(), "\n"); got == tc.torn {
				t.Errorf("left %q", tc.w.String())
			}
			if err := e.Export(t.Context(), records(0, 1)); !errors.Is(err, sdklog.ErrExporterShutdown) {
				t.Errorf("Export after Shutdown returned %v", err)
			}
		})
	}
}

func cancelled(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

// TestShutdownDoesNotWaitToComplete is about a writer that blocks when the last line is
// completed.
func TestShutdownDoesNotWaitToComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		e := lineexporter.New(script(take(20, syscall.ENOSPC), func(_ *scripted, p []byte) (int, error) {
			<-hang
			return len(p), nil
		}))
		_ = e.Export(t.Context(), records(0, 1))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := e.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown returned %v", err)
		}
		if err := e.Shutdown(ctx); err != nil {
			t.Errorf("the second Shutdown returned %v", err)
		}
		if err := e.Export(t.Context(), records(0, 1)); !errors.Is(err, sdklog.ErrExporterShutdown) {
			t.Errorf("Export returned %v", err)
		}
		close(hang)
	})
}

// TestWriterThatEndsItsGoroutine checks that the exporter can be used afterwards.
func TestWriterThatEndsItsGoroutine(t *testing.T) {
	w := script(take(1<<20, nil), func(*scripted, []byte) (int, error) {
		runtime.Goexit()
		return 0, nil
	})
	e, all, done := lineexporter.New(w), records(0, 3), make(chan struct{})
	go func() {
		defer close(done)
		_ = e.Export(t.Context(), all)
	}()
	<-done
	if err := e.Export(t.Context(), all[1:]); err != nil {
		t.Error(err)
	}
	wantLines(t, w.String(), all)
}

// TestWriterThatUsesTheExporter is about a writer that flushes and shuts down its own
// output.
func TestWriterThatUsesTheExporter(t *testing.T) {
	var e *lineexporter.Exporter
	w := script(func(w *scripted, p []byte) (int, error) {
		if err := errors.Join(e.ForceFlush(t.Context()), e.Shutdown(t.Context())); err != nil {
			t.Error(err)
		}
		return w.Buffer.Write(p)
	})
	e = lineexporter.New(w)
	if err := writeError(t, e.Export(t.Context(), records(0, 2))); err.RecordsWritten() != 1 {
		t.Errorf("%d written, want 1", err.RecordsWritten())
	}
}

// TestWriterThatLogs is about a writer that logs each line it gets into the pipeline that
// it is the output of.
func TestWriterThatLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p *processor.Processor
		w := &logging{left: 5}
		p = processor.New(lineexporter.New(w), processor.WithFallback(nil))
		w.log = func() { emit(p, records(1, 2)) }
		emit(p, records(0, 1))
		for range 10 {
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := strings.Count(w.String(), "\n"); got != 6 {
			t.Errorf("%d lines, want 6", got)
		}
	})
}

type logging struct {
	bytes.Buffer
	left int
	log  func()
}

func (w *logging) Write(p []byte) (int, error) {
	if w.left > 0 {
		w.left--
		w.log()
	}
	return w.Buffer.Write(p)
}

// TestLargeBatchIsNotEncodedAtOnce: a batch of large records does not take the same memory
// once more.
func TestLargeBatchIsNotEncodedAtOnce(t *testing.T) {
	const size, count = 1 << 20, 64
	recs := make([]sdklog.Record, count)
	text := strings.Repeat("x", size)
	for i := range recs {
		recs[i] = exportertest.Record(log.SeverityInfo, "large", attribute.String("x", text))
	}
	w := &measuring{}
	e := lineexporter.New(w)
	before := heap()
	if err := e.Export(t.Context(), recs); err != nil {
		t.Error(err)
	}
	if w.peak = max(w.peak, before) - before; w.peak > 16*size {
		t.Errorf("%d MiB for %d MiB of records", w.peak>>20, count)
	}
	if kept := max(heap(), before) - before; kept > 2*size {
		t.Errorf("%d KiB are kept", kept>>10)
	}
	runtime.KeepAlive(e)
	runtime.KeepAlive(recs)
}

// measuring looks at the heap now and then.
type measuring struct {
	calls int
	peak  uint64
}

func (w *measuring) Write(p []byte) (int, error) {
	if w.calls++; w.calls%16 == 0 {
		w.peak = max(w.peak, heap())
	}
	return len(p), nil
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// FuzzBatches exports batches, of which some records give way to others and some batches
// let others before them, through a writer that fails at random. Each record whose export
// succeeded has one whole line. Those that gave way have one at most.
func FuzzBatches(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, uint8(40), uint8(50))
	}
	f.Fuzz(func(t *testing.T, seed uint64, count, failures uint8) {
		random := rand.New(rand.NewPCG(seed, 2))
		w := &flaky{random: random, percent: min(int(failures), 90)}
		e := lineexporter.New(w)
		waiting := map[int][]sdklog.Record{} // batches by their first number
		exported, evicted := map[string]bool{}, map[string]bool{}
		for from := 0; from < int(count); from += 5 {
			waiting[from] = records(from, min(from+5, int(count)))
		}
		for len(waiting) > 0 {
			from := pick(random, waiting)
			batch := waiting[from]
			err := e.Export(context.Background(), batch)
			written := len(batch)
			if err != nil {
				written = writeError(t, err).RecordsWritten()
			}
			for i := range batch[:written] {
				exported[batch[i].Body().AsString()] = true
			}
			batch = batch[written:]
			if i := random.IntN(5); i < len(batch) { // one gives way
				evicted[batch[i].Body().AsString()] = true
				batch = append(batch[:i:i], batch[i+1:]...)
			}
			if waiting[from] = batch; len(batch) == 0 {
				delete(waiting, from)
			}
		}
		w.percent = 0
		if err := e.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		got := bodies(t, w.String())
		for body := range exported {
			if got[body] != 1 {
				t.Errorf("%q is there %d times", body, got[body])
			}
		}
		for body, n := range got {
			if n != 1 || !exported[body] && !evicted[body] {
				t.Errorf("%q is there %d times, and was exported: %t", body, n, exported[body])
			}
		}
	})
}

// pick returns a key of the map.
func pick(random *rand.Rand, of map[int][]sdklog.Record) int {
	var keys []int
	for from := 0; from < 256; from += 5 {
		if _, ok := of[from]; ok {
			keys = append(keys, from)
		}
	}
	return keys[random.IntN(len(keys))]
}
