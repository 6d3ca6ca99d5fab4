package processor

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// dropLog is a drop hook that remembers its calls and their times.
type dropLog struct {
	also func(Drop) // nil: nothing

	mu     sync.Mutex
	calls  []Drop
	at     []time.Time
	inside int
	most   int    // concurrent calls
	stack  string // of the first call
}

func (l *dropLog) hook(d Drop) {
	l.mu.Lock()
	l.calls, l.at = append(l.calls, d), append(l.at, time.Now())
	l.inside++
	l.most = max(l.most, l.inside)
	if l.stack == "" {
		buf := make([]byte, 1<<16)
		l.stack = string(buf[:runtime.Stack(buf, false)])
	}
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		l.inside--
		l.mu.Unlock()
	}()
	if l.also != nil {
		l.also(d)
	}
}

// sum adds up the calls, in the form of Stats.Dropped.
func (l *dropLog) sum() []Drop {
	l.mu.Lock()
	defer l.mu.Unlock()
	var sum []Drop
	for _, d := range l.calls {
		at := slices.IndexFunc(sum, func(o Drop) bool { return o.Reason == d.Reason && o.Severity == d.Severity })
		if at < 0 {
			sum = append(sum, d)
		} else {
			sum[at].Count += d.Count
		}
	}
	slices.SortFunc(sum, func(a, b Drop) int {
		return cmp.Or(cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Severity, b.Severity))
	})
	return sum
}

func (l *dropLog) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.calls)
}

func wantReported(t testing.TB, l *dropLog, p *Processor) {
	t.Helper()
	if got, want := l.sum(), p.Stats().Dropped; !slices.Equal(got, want) {
		t.Errorf("the hook got %v, dropped are %v", got, want)
	}
	if l.most > 1 {
		t.Errorf("%d calls of the hook at the same time", l.most)
	}
}

// Every kind of loss is reported to the hook, on a goroutine that is not the caller's,
// and before Shutdown returns.
func TestDropHookGetsEveryLossOnAnotherGoroutine(t *testing.T) {
	for _, tc := range []struct {
		name string
		opts []Option
		lose func(t *testing.T, p *Processor, e *exportertest.Exporter)
	}{
		{"refused", nil, func(t *testing.T, p *Processor, e *exportertest.Exporter) {
			fill(t, p, e, log.SeverityInfo)
			emit(p, log.SeverityInfo, "a", "b")
			emit(p, log.SeverityDebug, "c")
		}},
		{"displaced", []Option{WithOverflow(DropOldest)}, func(t *testing.T, p *Processor, e *exportertest.Exporter) {
			fill(t, p, e, log.SeverityInfo)
			emit(p, log.SeverityInfo, "a", "b")
		}},
		{"evicted", []Option{WithOverflow(DropLowest)}, func(t *testing.T, p *Processor, e *exportertest.Exporter) {
			fill(t, p, e, log.SeverityInfo)
			emit(p, log.SeverityWarn, "a", "b", "c")
		}},
		{"waited too long", []Option{WithOverflow(Block(time.Second))}, func(t *testing.T, p *Processor, e *exportertest.Exporter) {
			fill(t, p, e, log.SeverityInfo)
			emit(p, log.SeverityInfo, "a")
		}},
		{"failed", []Option{once}, func(_ *testing.T, p *Processor, e *exportertest.Exporter) {
			e.FailNext(1, errors.New("refused"))
			emit(p, log.SeverityInfo, "a", "b")
		}},
		{"failed, synchronous", []Option{WithSynchronous()}, func(_ *testing.T, p *Processor, e *exportertest.Exporter) {
			e.FailNext(2, errors.New("refused"))
			emit(p, log.SeverityInfo, "a")
			emit(p, log.SeverityWarn, "b")
		}},
		{"at Shutdown's deadline", nil, func(t *testing.T, p *Processor, e *exportertest.Exporter) {
			fill(t, p, e, log.SeverityInfo)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_ = p.Shutdown(ctx)
		}},
		{"given up with the fallback", []Option{WithFallback(newGatedWriter())}, func(t *testing.T, p *Processor, e *exportertest.Exporter) {
			fill(t, p, e, log.SeverityError)
			emit(p, log.SeverityError, "a")
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_ = p.Shutdown(ctx)
		}},
		{"after Shutdown", nil, func(t *testing.T, p *Processor, _ *exportertest.Exporter) {
			_ = p.Shutdown(t.Context())
			emit(p, log.SeverityInfo, "a")
			synctest.Wait()
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				l := &dropLog{}
				e := exportertest.New()
				opts := tc.opts
				if tc.name == "given up with the fallback" {
					w := newGatedWriter() // in this bubble
					defer close(w.open)
					opts = []Option{WithFallback(w)}
				}
				p := start(t, e, append([]Option{
					WithFallback(nil), WithMaxQueueSize(2), WithExportMaxBatchSize(2), WithDropHook(l.hook),
				}, opts...)...)
				tc.lose(t, p, e)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_ = p.Shutdown(ctx)
				if l.count() == 0 {
					t.Error("the hook got nothing")
				}
				wantReported(t, l, p)
				for _, caller := range []string{"OnEmit", "Shutdown", "lose", "bookLosses"} {
					if strings.Contains(l.stack, caller+"(") {
						t.Errorf("called by %s:\n%s", caller, l.stack)
					}
				}
			})
		})
	}
}

// While losses go on the hook is called ten times a second, the first time at once.
func TestDropHookGetsSums(t *testing.T) {
	for _, after := range []string{"", "after Shutdown"} {
		t.Run("drops "+after, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &dropLog{}
				e := exportertest.New()
				p := start(t, e, WithDropHook(l.hook), WithMaxQueueSize(2), WithExportMaxBatchSize(2), WithExportTimeout(time.Hour))
				release := fill(t, p, e, log.SeverityInfo)
				if after != "" {
					release()
					_ = p.Shutdown(t.Context())
				}
				begun := time.Now()
				for range 1001 {
					emit(p, log.SeverityInfo, "x")
					synctest.Wait()
					time.Sleep(time.Millisecond)
				}
				time.Sleep(hookInterval)
				wantReported(t, l, p)
				if got := l.count(); got < 10 || got > 12 {
					t.Errorf("%d calls within a second, want about ten", got)
				}
				for i, at := range l.at {
					if got, want := at.Sub(begun), time.Duration(i)*hookInterval; got < want || got > want+2*time.Millisecond {
						t.Errorf("call %d after %v, want %v", i, got, want)
					}
				}
				release()
			})
		})
	}
}

func TestDropHookDoesNotGetFallbackRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		l := &dropLog{}
		var written bytes.Buffer
		e := exportertest.New()
		p := start(t, e, once, WithDropHook(l.hook), WithFallback(writerFunc(func(line []byte) (int, error) {
			if bytes.Contains(line, []byte(`"bad"`)) {
				return 0, errors.New("disk full")
			}
			return written.Write(line)
		})))
		e.FailNext(3, errors.New("refused"))
		emit(p, log.SeverityError, "a", "b", "c")
		_ = p.ForceFlush(t.Context())
		time.Sleep(time.Second)
		if got := l.count(); got != 0 {
			t.Errorf("the hook got %v, want nothing", l.calls)
		}
		e.FailNext(1, errors.New("refused"))
		emit(p, log.SeverityError, "bad")
		_ = p.ForceFlush(t.Context())
		synctest.Wait()
		if want := []Drop{{ReasonExportFailed, log.SeverityError, 1}}; !slices.Equal(l.calls, want) {
			t.Errorf("the hook got %v, want %v", l.calls, want)
		}
	})
}

// Many goroutines lose records for many reasons, while hook and Shutdown do their work.
// In the end each loss was reported to the hook once.
func TestDropHookSumsUpConcurrentSafe(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		l := &dropLog{}
		var p *Processor
		l.also = func(Drop) { _ = p.Stats() }
		e := exportertest.New(exportertest.WithFunc(func(_ context.Context, records []sdklog.Record) error {
			if len(records)%3 == 0 {
				return errors.New("refused")
			}
			return nil
		}))
		p = start(t, e, WithDropHook(l.hook), WithFallback(nil), WithMaxQueueSize(8), WithExportMaxBatchSize(4), WithOverflow(DropLowest))
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := range 2000 {
					emit(p, log.Severity(i%25), "x")
				}
			})
		}
		wg.Wait()
		_ = p.Shutdown(t.Context())
		wantReported(t, l, p)

		// This holds after Shutdown, too. What is lost during a call of the hook then is
		// reported with the next loss.
		for range 8 {
			wg.Go(func() {
				for range 200 {
					emit(p, log.SeverityInfo, "x")
				}
			})
		}
		wg.Wait()
		time.Sleep(2 * hookInterval)
		emit(p, log.SeverityInfo, "the next")
		time.Sleep(2 * hookInterval)
		wantReported(t, l, p)
	})
}
