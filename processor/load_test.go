package processor

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

const (
	loadGoroutines = 64
	loadEach       = 28 // records of each goroutine; a quarter of it in synchronous mode
)

// Under load, with every overflow policy and with exporters that are slow, fail, hang or
// refuse, all that counts records tells the same: the ledger, the exporters, the fallback's
// lines, the drop hook, and, once an exporter works again, the gap records.
func TestLoadIsCountedExactly(t *testing.T) {
	captureErrors(t)
	overflows := []Overflow{DropNewest, DropOldest, DropLowest, Block(time.Millisecond)}
	for behavior := range loadBehaviors {
		for _, overflow := range overflows {
			if testing.Short() && overflow != DropLowest {
				continue
			}
			for _, v := range []struct {
				name      string
				exporters int
				opts      []Option
			}{
				{"records", 1, nil},
				{"bytes", 1, []Option{WithMaxQueueBytes(12_000)}},
				{"two exporters", 2, nil},
			} {
				t.Run(fmt.Sprintf("%s/overflow=%v/%s", behavior, overflow, v.name), func(t *testing.T) {
					newLoad(t, behavior, v.exporters, append(v.opts, WithOverflow(overflow))...).run(loadEach)
				})
			}
		}
		t.Run(behavior+"/synchronous", func(t *testing.T) {
			newLoad(t, behavior, 1, WithSynchronous()).run(loadEach / 4)
		})
	}
}

// A loss just before the end leaves no timer, whose goroutine would be seen at times after
// Shutdown has returned.
func TestGapRecordsLeaveNoTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, exportertest.New(), WithGapRecords(true), WithFallback(nil),
			WithMaxQueueSize(1), WithExportMaxBatchSize(1), WithExportInterval(time.Hour))
		for range 2 { // the second time, the timer of the first is set again
			emit(p, log.SeverityInfo, bodyRange(0, 10)...)
			time.Sleep(2 * lossTimeResolution)
		}
		emit(p, log.SeverityInfo, bodyRange(0, 10)...)
		if s := p.Stats(); s.DroppedTotal() == 0 {
			t.Fatal("no record was lost")
		}
		if err := shutdownWithin(t, p, time.Second); err != nil {
			t.Errorf("Shutdown returns %v", err)
		}
		if p.gaps.expiry.Stop() {
			t.Error("the timer runs after Shutdown")
		}
	})
}

// load is one run.
type load struct {
	*testing.T
	p         *Processor
	behavior  string
	exporters []*loadExporter
	lines     *lineCounter

	mu     sync.Mutex
	hooked map[Drop]uint64 // by reason and severity, which are keys with a Count of 0
}

func newLoad(t *testing.T, behavior string, exporters int, opts ...Option) *load {
	t.Helper()
	exportertest.NoLeaks(t)
	l := &load{T: t, behavior: behavior, lines: &lineCounter{}, hooked: map[Drop]uint64{}}
	all := []sdklog.Exporter{}
	for range exporters {
		e := newLoadExporter(loadBehaviors[behavior])
		l.exporters, all = append(l.exporters, e), append(all, e)
	}
	l.p = start(t, all[0], append(opts, WithExporters(all[1:]...), WithFallback(l.lines), WithGapRecords(true),
		WithMaxQueueSize(200), WithExportMaxBatchSize(40), WithMinSeverity(fixed(log.SeverityTrace2)),
		WithExportInterval(2*time.Millisecond), WithExportTimeout(loadTimeout),
		WithRetry(RetryConfig{InitialInterval: time.Millisecond, MaxInterval: 5 * time.Millisecond}),
		WithDropHook(func(d Drop) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.hooked[Drop{Reason: d.Reason, Severity: d.Severity}] += d.Count
		}))...)
	return l
}

func (l *load) run(each int) {
	l.Helper()
	var emitting, watching sync.WaitGroup
	stop := make(chan struct{})
	for _, f := range []func(){l.look, l.flush} {
		watching.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					f()
				}
			}
		})
	}
	for g := range loadGoroutines {
		emitting.Go(func() {
			for i := range each {
				l.emit(g, i+1)
			}
		})
	}
	emitting.Wait()
	close(stop)
	watching.Wait()
	emitted := loadGoroutines * each
	if l.behavior != "dead" {
		l.heal(loadGoroutines)
		emitted++
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	begun := time.Now()
	_ = l.p.Shutdown(ctx) // what it loses is in the ledger
	if took := time.Since(begun); took > 10*time.Second {
		l.Errorf("Shutdown took %v", took)
	}
	l.check(emitted)
}

// heal makes the exporters work, and has one record exported: an exporter whose last
// export failed for other reasons than its content is not sent the last gap record.
func (l *load) heal(goroutine int) {
	l.Helper()
	for _, e := range l.exporters {
		e.healed.Store(true)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_ = l.p.ForceFlush(ctx) // it may return errors of before
	l.emit(goroutine, 1)
	if err := l.p.ForceFlush(ctx); err != nil {
		l.Errorf("the exporters work, ForceFlush returns %v", err)
	}
}

func (l *load) emit(g, i int) {
	var r sdklog.Record
	r.SetSeverity(log.Severity((i*7 + g) % 25))
	r.SetBody(attribute.Int64Value(int64(g)<<32 | int64(i)))
	_ = l.p.OnEmit(context.Background(), &r)
}

// look checks what holds at any time.
func (l *load) look() {
	s := l.p.Stats()
	ends := s.Filtered + s.Exported + s.Fallback + s.DroppedTotal()
	if s.Capacity > 0 { // in synchronous mode InFlight is counted on its own
		ends += uint64(s.Queued) + uint64(s.InFlight)
	}
	if ends > s.Emitted || s.Queued > s.Capacity || s.QueuedBytes > s.CapacityBytes {
		l.Errorf("impossible: %+v", s)
	}
	time.Sleep(200 * time.Microsecond)
}

func (l *load) flush() {
	ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
	defer cancel()
	_ = l.p.ForceFlush(ctx)
	l.p.ExportNow()
	time.Sleep(2 * time.Millisecond)
}

// check compares the ledger with all the others that count.
func (l *load) check(emitted int) {
	l.Helper()
	s := l.p.Stats()
	if s.Emitted != uint64(emitted) || !s.Balanced() || s.Queued != 0 || s.InFlight != 0 || s.Reserved != 0 {
		l.Errorf("the ledger of %d records does not balance: %+v", emitted, s)
	}
	var taken, gaps, lost, saved uint64
	for _, e := range l.exporters {
		taken += e.check(l, len(l.exporters) == 1 && s.Capacity > 0)
		gaps, lost, saved = gaps+e.gaps, lost+e.lost, saved+e.saved
	}
	if s.Exported != taken {
		l.Errorf("%d records taken, %d counted as exported", taken, s.Exported)
	}
	if s.GapRecords != gaps {
		l.Errorf("%d gap records taken, %d counted", gaps, s.GapRecords)
	}
	if hasGaps := s.Capacity > 0 && l.behavior != "dead"; hasGaps && (lost != s.DroppedTotal() || saved != s.Fallback) {
		l.Errorf("gap records tell of %d lost and %d saved, want %d and %d", lost, saved, s.DroppedTotal(), s.Fallback)
	}
	l.lines.check(l, s)

	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range s.Dropped {
		key := Drop{Reason: d.Reason, Severity: d.Severity}
		if n := l.hooked[key]; n != d.Count {
			l.Errorf("the drop hook got %d, want %v", n, d)
		}
		delete(l.hooked, key)
	}
	if len(l.hooked) > 0 {
		l.Errorf("the drop hook got %v, which the ledger does not have", l.hooked)
	}
}
