package processor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/fallback"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// gatedWriter is a writer whose calls of Write wait until it is opened. It keeps each
// call's bytes as one line, and notes concurrent calls.
type gatedWriter struct {
	open    chan struct{}
	entered chan struct{} // receives at each call, if somebody listens

	busy       atomic.Bool
	overlapped atomic.Bool

	mu    sync.Mutex
	calls [][]byte
}

func newGatedWriter() *gatedWriter {
	return &gatedWriter{open: make(chan struct{}), entered: make(chan struct{}, 1)}
}

func (w *gatedWriter) Write(b []byte) (int, error) {
	if !w.busy.CompareAndSwap(false, true) {
		w.overlapped.Store(true)
	}
	defer w.busy.Store(false)
	select {
	case w.entered <- struct{}{}:
	default:
	}
	<-w.open
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, bytes.Clone(b))
	return len(b), nil
}

func (w *gatedWriter) written(t *testing.T) []byte {
	t.Helper()
	if w.overlapped.Load() {
		t.Error("calls of Write overlapped")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, call := range w.calls {
		if bytes.Count(call, []byte("\n")) != 1 || call[len(call)-1] != '\n' {
			t.Errorf("one call of Write wrote %q, want one line", call)
		}
	}
	return bytes.Join(w.calls, nil)
}

// Everything that a writer can do instead of writing. In each case the record is counted
// once, under the reason with which it came; the error is reported; and the next record
// is written.
func TestFallbackSurvivesItsWriter(t *testing.T) {
	broken := errors.New("broken pipe")
	for _, tc := range []struct {
		name   string
		write  func(line []byte) (int, error)
		report error
	}{
		{"error", func([]byte) (int, error) { return 0, broken }, broken},
		{"error after all was written", func(b []byte) (int, error) { return len(b), broken }, broken},
		{"short write without an error", func(b []byte) (int, error) { return len(b) - 1, nil }, io.ErrShortWrite},
		{"nothing written without an error", func([]byte) (int, error) { return 0, nil }, io.ErrShortWrite},
		{"panic", func([]byte) (int, error) { panic("boom") }, usercode.ErrPanic},
		{"panic with a hostile value", func([]byte) (int, error) { panic(unprintable{}) }, usercode.ErrPanic},
		{"panic with an error", func([]byte) (int, error) { panic(broken) }, usercode.ErrPanic},
		{"end of its goroutine", func([]byte) (int, error) { runtime.Goexit(); return 0, nil }, usercode.ErrPanic},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				errs := captureErrors(t)
				var written bytes.Buffer
				w := writerFunc(func(line []byte) (int, error) {
					if bytes.Contains(line, []byte(`"bad"`)) {
						return tc.write(line)
					}
					return written.Write(line)
				})
				e := exportertest.New()
				p := start(t, e, WithFallback(w), WithExportMaxBatchSize(4), WithMaxQueueSize(4))
				e.FailNext(4, errors.New("refused")) // a critical record may be exported at once
				emit(p, log.SeverityWarn, "minor")
				emit(p, log.SeverityError, "bad", "good", "bad")
				synctest.Wait()
				_ = p.Shutdown(t.Context())
				emit(p, log.SeverityFatal, "bad", "better", "bad", "best")
				synctest.Wait()

				wantLines(t, written.Bytes(), "good", "better", "best")
				wantDropped(t, p,
					Drop{ReasonAlreadyShutdown, log.SeverityFatal, 2},
					Drop{ReasonExportFailed, log.SeverityWarn, 1},
					Drop{ReasonExportFailed, log.SeverityError, 2})
				if got := p.Stats().Fallback; got != 3 {
					t.Errorf("%d counted as written, want 3", got)
				}
				if got := errs.matching(tc.report); len(got) != 1 {
					t.Errorf("reported %v, want %v once of four times that say the same", errs.all(), tc.report)
				}
			})
		})
	}
}

func TestFallbackWriterThatRecovers(t *testing.T) {
	captureErrors(t)
	var written bytes.Buffer
	down := true
	p := start(t, exportertest.New(), WithFallback(writerFunc(func(line []byte) (int, error) {
		if down {
			return 0, errors.New("disk full")
		}
		return written.Write(line)
	})))
	_ = p.Shutdown(t.Context())
	emit(p, critical, bodyRange(0, 50)...)
	p.fallback.Drain(t.Context())
	down = false
	emit(p, critical, bodyRange(50, 100)...)
	p.fallback.Drain(t.Context())
	wantLines(t, written.Bytes(), bodyRange(50, 100)...)
	wantDropped(t, p, Drop{ReasonAlreadyShutdown, critical, 50})
}

// Callers do not wait for the writer, and the number of pending records is bounded: by
// what can be queued and in flight, and not below 1024 records.
func TestFallbackBehindABlockedWriter(t *testing.T) {
	for _, tc := range []struct {
		name  string
		opts  []Option
		bound int
	}{
		{"small queue", []Option{WithMaxQueueSize(2), WithExportMaxBatchSize(2)}, 1024},
		{"large queue", []Option{WithMaxQueueSize(2000), WithExportMaxBatchSize(10), WithExporters(exportertest.New())}, 2020},
		{"synchronous", []Option{WithSynchronous(), WithMaxQueueSize(4096), WithExportMaxBatchSize(1500)}, 1500},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newGatedWriter()
				p := start(t, exportertest.New(), append(tc.opts, WithFallback(w))...)
				_ = p.Shutdown(t.Context())

				begun := time.Now()
				emit(p, critical, bodyRange(0, tc.bound+300)...)
				emit(p, log.SeverityInfo, "x")
				if waited := time.Since(begun); waited != 0 {
					t.Errorf("the callers waited %v", waited)
				}
				synctest.Wait()
				s := p.Stats()
				if s.InFlight != tc.bound || s.Fallback != 0 || !s.Balanced() {
					t.Errorf("%+v, want %d waiting for the writer", s, tc.bound)
				}
				wantDropped(t, p,
					Drop{ReasonAlreadyShutdown, log.SeverityInfo, 1},
					Drop{ReasonAlreadyShutdown, critical, 300})

				close(w.open)
				synctest.Wait()
				wantLines(t, w.written(t), bodyRange(0, tc.bound)...)
				// There is space again.
				emit(p, critical, "again")
				synctest.Wait()
				if s := p.Stats(); s.Fallback != uint64(tc.bound)+1 || s.InFlight != 0 {
					t.Errorf("%+v, want all of them written, and one more", s)
				}
			})
		})
	}
}

// Only some records of a failed batch fit: the first ones are written, the others are
// counted as failed. Nothing is counted twice.
func TestFallbackTakesWhatFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		const batch = 1000 // so that 1024 pending records are one batch and a bit
		w := newGatedWriter()
		e := exportertest.New()
		p := start(t, e, once, WithFallback(w), WithMaxQueueSize(batch), WithExportMaxBatchSize(batch))
		p.fallback = fallback.New(fallback.Config{
			Writer: w, Limit: 1024, Completed: p.ledger.fallbackCompleted, Report: p.reporter.Report,
		})
		for range 2 {
			e.FailNext(1, errors.New("refused"))
			release := e.Block()
			emit(p, log.SeverityTrace, "x")
			p.ExportNow()
			synctest.Wait()
			emit(p, critical, bodyRange(0, batch)...)
			e.FailNext(1, errors.New("refused"))
			release()
			synctest.Wait()
		}
		if s := p.Stats(); s.InFlight != 1024 {
			t.Errorf("%+v, want 1024 waiting for the writer", s)
		}
		wantDropped(t, p,
			Drop{ReasonExportFailed, log.SeverityTrace, 2},
			Drop{ReasonExportFailed, critical, 2*batch - 1024})
		close(w.open)
		synctest.Wait()
		wantLines(t, w.written(t), append(bodyRange(0, batch), bodyRange(0, 24)...)...)
	})
}

// Many goroutines, a writer that does everything that a writer can do, flushes in
// between, and a shutdown in the middle: each record is written once or counted once, the
// records that one goroutine lost for one reason are written in order, and calls of Write
// are not concurrent.
func TestFallbackConcurrentSafe(t *testing.T) {
	captureErrors(t)
	const goroutines, each = 8, 150
	var busy, overlapped atomic.Bool
	var written bytes.Buffer
	var failed atomic.Int64
	var p *Processor
	w := writerFunc(func(line []byte) (int, error) {
		if !busy.CompareAndSwap(false, true) {
			overlapped.Store(true)
		}
		defer busy.Store(false)
		_ = p.Stats() // a writer may look
		switch n := rand.IntN(20); n {
		case 0, 1, 2:
			failed.Add(1)
			switch n {
			case 0:
				panic("boom")
			case 1:
				runtime.Goexit()
			}
			return 0, errors.New("disk full")
		case 3:
			time.Sleep(100 * time.Microsecond)
		}
		return written.Write(line)
	})
	e := exportertest.New(exportertest.WithoutRecords())
	p = start(t, e, WithFallback(w), WithMaxQueueSize(16), WithExportMaxBatchSize(4))
	release := e.Block() // so that the queue is full, at first
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				emit(p, critical, fmt.Sprintf("%d/%03d", g, i))
				if i%50 == 49 {
					p.fallback.Drain(t.Context())
				}
				if g == 0 && i == each/2 {
					release()
					_ = p.Shutdown(t.Context())
				}
			}
		})
	}
	wg.Wait()
	p.fallback.Drain(t.Context())

	s := p.Stats()
	if s.DroppedTotal() != uint64(failed.Load()) {
		t.Errorf("%d counted as dropped, %d writes failed", s.DroppedTotal(), failed.Load())
	}
	blank := uint64(bytes.Count(written.Bytes(), []byte("\n\n")))
	if bytes.HasPrefix(written.Bytes(), []byte("\n")) {
		blank++
	}
	if got := uint64(bytes.Count(written.Bytes(), []byte("\n"))) - blank; got != s.Fallback {
		t.Errorf("%d lines, %d counted", got, s.Fallback)
	}
	if s.Exported != uint64(e.RecordsTaken()) || s.Emitted != goroutines*each {
		t.Errorf("%+v, the exporter took %d", s, e.RecordsTaken())
	}
	if overlapped.Load() {
		t.Error("calls of Write overlapped")
	}
	wantEachGoroutineInOrder(t, written.Bytes())
}

// wantEachGoroutineInOrder checks that the numbers of each goroutine increase, in bodies
// "goroutine/number", so that none comes twice.
func wantEachGoroutineInOrder(t *testing.T, written []byte) {
	t.Helper()
	last := map[int]int{}
	for line := range bytes.Lines(written) {
		if string(line) == "\n" {
			continue // after a call of Write that did not return
		}
		_, body, found := bytes.Cut(line, []byte(`"Body":{"Type":"STRING","Value":"`))
		if !found {
			t.Fatalf("no body in %q", line)
		}
		var g, i int
		if _, err := fmt.Sscanf(string(body), "%d/%d", &g, &i); err != nil {
			t.Fatal(err)
		}
		if i < last[g] {
			t.Errorf("record %d of goroutine %d is written after %d", i, g, last[g]-1)
		}
		last[g] = i + 1
	}
}
