package processor

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/fallback"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// processorGoroutines returns the stacks of the goroutines that the processors of this
// synctest bubble have started.
func processorGoroutines() []string {
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	// The first is this goroutine's: "goroutine 7 [running, synctest bubble 3]:".
	_, bubble, _ := strings.Cut(stacks[0][:strings.Index(stacks[0], "\n")], "synctest")
	return slices.DeleteFunc(stacks, func(stack string) bool {
		header, frames, _ := strings.Cut(stack, "\n")
		_, creator, _ := strings.Cut(frames, "\ncreated by ")
		return !strings.HasSuffix(header, "synctest"+bubble) || !strings.Contains(creator, "/processor/") ||
			strings.Contains(creator, "_test.go:")
	})
}

// lateWriter is a writer that needs some time for each line.
type lateWriter struct {
	bytes.Buffer
	each time.Duration
}

func (w *lateWriter) Write(b []byte) (int, error) {
	time.Sleep(w.each)
	return w.Buffer.Write(b)
}

// How long Shutdown waits for a writer, and what it gives up then. What the writer does
// afterwards changes nothing.
func TestShutdownBehindABlockedFallbackWriter(t *testing.T) {
	for _, tc := range []struct {
		name     string
		deadline time.Duration // 0: none; -1: over before it began
		most     time.Duration
	}{
		{"no deadline", 0, fallback.StallTimeout},
		{"late deadline", time.Hour, fallback.StallTimeout},
		{"early deadline", 300 * time.Millisecond, 300*time.Millisecond + usercode.CancelTimeout + fallback.LateStallTimeout},
		{"deadline that is over", -1, usercode.CancelTimeout + fallback.LateStallTimeout},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				w := newGatedWriter()
				e := exportertest.New()
				p := start(t, e, once, WithFallback(w), WithMaxQueueSize(10), WithExportMaxBatchSize(10))
				e.FailNext(1, errors.New("refused"))
				emit(p, critical, "a")
				synctest.Wait() // the writer has it; its reason is export_failed
				release := e.Block()
				emit(p, critical, body(0))
				synctest.Wait() // the exporter has it
				emit(p, critical, bodyRange(1, 11)...)
				emit(p, critical, bodyRange(11, 15)...) // their reason is queue_full
				release()
				synctest.Wait()

				ctx, cancel := context.WithCancel(t.Context())
				if tc.deadline != 0 {
					ctx, cancel = context.WithTimeout(t.Context(), max(tc.deadline, 0))
				}
				defer cancel()
				begun := time.Now()
				err := p.Shutdown(ctx)
				if took := time.Since(begun); took > tc.most || took < tc.deadline && tc.deadline < time.Minute {
					t.Errorf("shutdown took %v, want at most %v", took, tc.most)
				}
				synctest.Wait()
				if left := processorGoroutines(); len(left) != 1 || !strings.Contains(left[0], "gatedWriter") {
					t.Errorf("%d goroutines are left, want the one that the writer holds:\n%s", len(left), left)
				}
				s := p.Stats()
				if s.InFlight != 0 || s.Fallback != 0 || s.Exported != 11 || !s.Balanced() {
					t.Errorf("%+v, want nothing pending", s)
				}
				wantDropped(t, p,
					Drop{ReasonExportFailed, critical, 1},
					Drop{ReasonQueueFull, critical, 4})
				var lost *ShutdownError
				if !errors.As(err, &lost) || lost.Total() != 1 {
					t.Errorf("shutdown returns %v, want one record of a failed export lost", err)
				}

				// While the writer is blocked, nothing more is accepted.
				emit(p, critical, "b")
				if s := p.Stats(); s.InFlight != 0 || s.DroppedTotal() != 6 {
					t.Errorf("%+v, want one more dropped", s)
				}
				// The writer returns. Its record is already completed; the next one is
				// written.
				close(w.open)
				synctest.Wait()
				if left := processorGoroutines(); len(left) != 0 {
					t.Errorf("%d goroutines are left:\n%s", len(left), left)
				}
				if s := p.Stats(); s.Fallback != 0 || s.DroppedTotal() != 6 || s.InFlight != 0 || !s.Balanced() {
					t.Errorf("%+v, want what it was", s)
				}
				emit(p, critical, "c")
				synctest.Wait()
				wantLines(t, w.written(t), "a", "c")
				if s := p.Stats(); s.Fallback != 1 {
					t.Errorf("%+v, want one written", s)
				}
			})
		})
	}
}

// Shutdown waits for a writer that is slow but writes: without a deadline until all is
// written, with a deadline for the StallTimeout beyond it in all.
func TestShutdownBehindASlowFallbackWriter(t *testing.T) {
	const each = fallback.StallTimeout * 9 / 10
	for _, tc := range []struct {
		name     string
		each     time.Duration
		deadline time.Duration // 0: none
		records  int
		took     time.Duration
		written  int
	}{
		{"no deadline", each, 0, 20, 20 * each, 20},
		{"deadline is enough", each, time.Hour, 20, 20 * each, 20},
		{"deadline in between", each, 5*each + each/2, 20, 5*each + each/2 + fallback.LateStallTimeout, 5},
		{"quick enough for last words", fallback.LateStallTimeout / 4, 1, 20, 20 * fallback.LateStallTimeout / 4, 20},
		{"last words take too long", fallback.LateStallTimeout * 9 / 10, 1, 100, fallback.StallTimeout, 11},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				w := &lateWriter{each: tc.each}
				e := exportertest.New()
				p := start(t, e, once, WithFallback(w), WithMaxQueueSize(1000), WithExportMaxBatchSize(100))
				e.FailNext(tc.records, errors.New("refused"))
				// In two batches: after a third failure the processor would write an
				// event.
				release := e.Block()
				emit(p, critical, bodyRange(0, tc.records)...)
				release()
				synctest.Wait()

				ctx, cancel := context.WithCancel(t.Context())
				if tc.deadline != 0 {
					ctx, cancel = context.WithTimeout(t.Context(), tc.deadline)
				}
				defer cancel()
				begun := time.Now()
				_ = p.Shutdown(ctx)
				if took := time.Since(begun); took.Round(time.Millisecond) != tc.took.Round(time.Millisecond) {
					t.Errorf("shutdown took %v, want %v", took, tc.took)
				}
				if s := p.Stats(); s.Fallback != uint64(tc.written) || s.DroppedTotal() != uint64(tc.records-tc.written) {
					t.Errorf("%+v, want %d of %d written", s, tc.written, tc.records)
				}
				time.Sleep(time.Minute) // the writer is released
			})
		})
	}
}

func TestFallbackLinesAreFlushed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		w := &lateWriter{each: 100 * time.Millisecond}
		e := exportertest.New(exportertest.WithDelay(time.Nanosecond)) // so that the flush comes first
		refused := errors.New("refused")
		p := start(t, e, once, WithFallback(w))
		e.FailNext(10, refused)
		emit(p, critical, bodyRange(0, 10)...)
		begun := time.Now()
		if err := p.ForceFlush(t.Context()); !errors.Is(err, refused) {
			t.Errorf("flush returns %v, want %v", err, refused)
		}
		if took := time.Since(begun); took.Round(time.Millisecond) != time.Second {
			t.Errorf("flush took %v, want 1s", took)
		}
		wantLines(t, w.Bytes(), bodyRange(0, 10)...)
		if s := p.Stats(); s.Fallback != 10 || s.InFlight != 0 {
			t.Errorf("%+v, want all of them written", s)
		}
	})
}

// ForceFlush waits for the entries that are pending when it begins: it does not wait for
// ever for those that come later, nor for a writer that makes no progress.
func TestFlushOfAFallbackThatIsNeverDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &lateWriter{each: 10 * time.Millisecond}
		p := start(t, exportertest.New(), WithFallback(w))
		_ = p.Shutdown(t.Context())
		emit(p, critical, bodyRange(0, 10)...)
		go func() { // two more come for each that is written
			for range 100 {
				time.Sleep(5 * time.Millisecond)
				emit(p, critical, "x")
			}
		}()
		begun := time.Now()
		p.fallback.Drain(t.Context())
		if took := time.Since(begun); took != 100*time.Millisecond {
			t.Errorf("it took %v, want 100ms", took)
		}
		time.Sleep(10 * time.Second)
	})
	for _, tc := range []struct {
		name           string
		deadline, want time.Duration
	}{
		{"stall timeout", time.Hour, fallback.StallTimeout},
		{"deadline", 200 * time.Millisecond, 200 * time.Millisecond},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				w := newGatedWriter()
				e := exportertest.New()
				e.FailNext(1, errors.New("refused"))
				p := start(t, e, once, WithFallback(w))
				emit(p, critical, "a")
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), tc.deadline)
				defer cancel()
				begun := time.Now()
				_ = p.ForceFlush(ctx)
				if took := time.Since(begun); took != tc.want {
					t.Errorf("flush took %v, want %v", took, tc.want)
				}
				if s := p.Stats(); s.InFlight != 1 || !s.Balanced() {
					t.Errorf("%+v, want it still to be written", s)
				}
				close(w.open)
				synctest.Wait()
				wantLines(t, w.written(t), "a")
			})
		})
	}
}
