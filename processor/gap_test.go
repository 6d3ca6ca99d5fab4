package processor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
)

// gapsOf returns the gap records that the exporter accepted.
func gapsOf(e *exportertest.Exporter) []sdklog.Record {
	return slices.DeleteFunc(e.Records(), func(r sdklog.Record) bool { return r.EventName() != "asynclog.gap" })
}

// gapAttributes returns the attributes of a gap record, without their common prefix.
func gapAttributes(r *sdklog.Record) map[string]any {
	out := map[string]any{}
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		out[strings.TrimPrefix(string(kv.Key), "asynclog.gap.")] = kv.Value.AsInterface()
		return true
	})
	return out
}

// wantGap checks the counts of a gap record, not its times.
func wantGap(t *testing.T, r *sdklog.Record, want map[string]any) {
	t.Helper()
	got := gapAttributes(r)
	delete(got, "first")
	delete(got, "last")
	if !maps.Equal(got, want) {
		t.Errorf("a gap record reports %v, want %v", got, want)
	}
}

// lossy returns a processor with gap records, whose exporter is blocked with two records,
// and two more in the queue.
func lossy(t *testing.T, opts ...Option) (p *Processor, e *exportertest.Exporter, release func()) {
	t.Helper()
	p, e, release = blocked(t, 2, 2, append([]Option{WithGapRecords(true)}, opts...)...)
	t.Cleanup(release)
	emit(p, log.SeverityInfo, bodyRange(2, 4)...)
	return p, e, release
}

func TestGapRecordFollowsALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, e, release := lossy(t)
		begun := time.Now()
		time.Sleep(time.Second)
		emit(p, log.SeverityDebug, "lost", "lost")
		time.Sleep(2 * time.Second)
		emit(p, log.SeverityWarn, "lost")
		time.Sleep(5 * time.Second)
		release()
		synctest.Wait()

		all := gapsOf(e)
		if len(all) != 1 {
			t.Fatalf("%d gap records, want 1", len(all))
		}
		r := &all[0]
		first, last := utc(begun.Add(time.Second)), utc(begun.Add(3*time.Second+lossTimeResolution))
		if got := gapAttributes(r); got["first"] != first || got["last"] != last {
			t.Errorf("between %v and %v, want %v and %v", got["first"], got["last"], first, last)
		}
		wantGap(t, r, map[string]any{
			"lost": int64(3), "fallback": int64(0), "reason.queue_full": int64(3), "severity.debug": int64(2), "severity.warn": int64(1),
		})
		sentence := fmt.Sprintf("asynclog: 3 log records are missing here, lost between %s and %s: queue_full 3", first, last)
		if got := r.Body().AsString(); got != sentence {
			t.Errorf("it says %q, want %q", got, sentence)
		}
		if r.Severity() != log.SeverityWarn || r.SeverityText() != "WARN" || !r.Timestamp().Equal(time.Now()) ||
			r.InstrumentationScope().Name != "github.com/krunchwrapper/asynclog/processor" {
			t.Errorf("severity %v %q, scope %v, at %v", r.Severity(), r.SeverityText(), r.InstrumentationScope(), r.Timestamp())
		}
		if calls := e.Calls(); len(calls) < 2 || calls[1].Count != 1 {
			t.Error("it did not follow the first export that succeeded, alone")
		}
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if s := p.Stats(); s.GapRecords != 1 || s.Emitted != 7 || s.Exported != 4 || s.DroppedTotal() != 3 || e.RecordsTaken() != 5 {
			t.Errorf("%+v, %d taken, want the gap record in no figure of the ledger", s, e.RecordsTaken())
		}
	})
}

// Without a loss, and without the option, there is no gap record.
func TestNoGapRecord(t *testing.T) {
	t.Run("without a loss", func(t *testing.T) {
		p, e, release := lossy(t, WithMinSeverity(fixed(log.SeverityInfo)))
		emit(p, log.SeverityDebug, "filtered")
		release()
		_ = p.Shutdown(t.Context())
		wantBodies(t, e, bodyRange(0, 4))
	})
	t.Run("by default", func(t *testing.T) {
		p, e, release := blocked(t, 2, 2)
		emit(p, log.SeverityInfo, bodyRange(2, 6)...)
		release()
		_ = p.Shutdown(t.Context())
		wantBodies(t, e, bodyRange(0, 4))
		wantDropped(t, p, Drop{ReasonQueueFull, log.SeverityInfo, 2})
	})
	t.Run("synchronous", func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New()
		p := start(t, e, WithGapRecords(true), WithSynchronous())
		e.FailNext(1, errors.New("refused"))
		emit(p, log.SeverityInfo, "lost", "taken")
		wantBodies(t, e, []string{"taken"})
	})
	t.Run("of what is lost too late", func(t *testing.T) {
		e := exportertest.New()
		p := start(t, e, WithGapRecords(true))
		emit(p, log.SeverityInfo, "a")
		_ = p.Shutdown(t.Context())
		emit(p, log.SeverityInfo, "late")
		wantBodies(t, e, []string{"a"})
	})
}

// A gap record says what the fallback saved, and what may have arrived.
func TestGapRecordReportsWhatMayHaveArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var written bytes.Buffer
		e := exportertest.New()
		p := start(t, e, WithGapRecords(true), WithFallback(&written), WithRetry(RetryConfig{Disabled: true}),
			WithExportTimeout(time.Second), WithExportMaxBatchSize(2))
		release := e.Block()
		emit(p, log.SeverityInfo, "lost")
		emit(p, log.SeverityError, "saved")
		time.Sleep(2 * time.Second)
		release()
		emit(p, log.SeverityInfo, "taken", "taken")
		synctest.Wait()
		all := gapsOf(e)
		if len(all) != 1 {
			t.Fatalf("%d gap records, want 1", len(all))
		}
		wantGap(t, &all[0], map[string]any{
			"lost": int64(1), "fallback": int64(1), "reason.export_timeout": int64(2), "severity.info": int64(1),
		})
		if text := all[0].Body().AsString(); !strings.HasPrefix(text, "asynclog: 2 log records are missing here") ||
			!strings.HasSuffix(text, ": export_timeout 2; 1 of them written to the fallback; 2 of them may have arrived") {
			t.Errorf("it says %q", text)
		}
	})
}

// While losses go on there is one gap record a second, and the figures add up.
func TestGapRecordsAreRateLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDelay(10 * time.Millisecond))
		p := start(t, e, WithGapRecords(true), WithMaxQueueSize(2), WithExportMaxBatchSize(1))
		for range 1000 {
			emit(p, log.SeverityInfo, "a", "b", "c", "d")
			time.Sleep(10 * time.Millisecond)
		}
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		all := gapsOf(e)
		var sum uint64
		for i := range all {
			sum += uint64(gapAttributes(&all[i])["lost"].(int64))
			if i > 0 && i < len(all)-1 && all[i].Timestamp().Sub(all[i-1].Timestamp()) < gapInterval {
				t.Error("two within a second")
			}
		}
		s := p.Stats()
		if len(all) < 10 || len(all) > 12 || sum != s.DroppedTotal() || s.GapRecords != uint64(len(all)) {
			t.Errorf("%d gap records of %d lost in ten seconds; %+v", len(all), sum, s)
		}
	})
}

// The losses of a gap record that is not accepted are in the next one, after a pause that
// gets longer.
func TestGapRecordThatFailsMergesWithTheNext(t *testing.T) {
	for name, refusal := range map[string]error{"refused": syscall.ECONNREFUSED, "rejected": errortest.Partial(1, "no gaps")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				errs := captureErrors(t)
				begun := time.Now().Add(time.Minute)
				var attempts []time.Duration
				e := exportertest.New(exportertest.WithFunc(func(_ context.Context, recs []sdklog.Record) error {
					if recs[0].EventName() != "asynclog.gap" {
						return nil
					}
					attempts = append(attempts, time.Since(begun))
					if len(attempts) <= 3 {
						return refusal
					}
					return nil
				}))
				release := e.Block()
				p := start(t, e, WithGapRecords(true), WithMaxQueueSize(1), WithExportTimeout(time.Hour))
				emit(p, log.SeverityInfo, "taken")
				time.Sleep(time.Minute)
				emit(p, log.SeverityInfo, "taken")
				emit(p, log.SeverityDebug, "lost", "lost")
				release()
				for i := range 100 { // an export each 100 ms, and another loss in between
					synctest.Wait()
					if i == 20 {
						hold := e.Block()
						emit(p, log.SeverityInfo, "taken")
						synctest.Wait()
						emit(p, log.SeverityInfo, "taken", "lost")
						hold()
					}
					time.Sleep(100 * time.Millisecond)
					emit(p, log.SeverityInfo, "taken")
				}
				_ = p.Shutdown(t.Context())
				want := []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second}
				if !slices.Equal(attempts, want) {
					t.Errorf("attempts after %v, want %v", attempts, want)
				}
				for _, err := range errs.all() {
					if !strings.Contains(err.Error(), "export to *exportertest.Exporter") {
						t.Errorf("reported %q, which does not say whose it is", err)
					}
				}
				if len(errs.all()) != 1 {
					t.Errorf("%d errors reported, want one of three that say the same", len(errs.all()))
				}
				all := gapsOf(e)
				if len(all) != 1 {
					t.Fatalf("%d gap records, want 1", len(all))
				}
				first, last := utc(begun), utc(begun.Add(2*time.Second+lossTimeResolution))
				if got := gapAttributes(&all[0]); got["first"] != first || got["last"] != last {
					t.Errorf("between %v and %v, want %v and %v", got["first"], got["last"], first, last)
				}
				wantGap(t, &all[0], map[string]any{
					"lost": int64(3), "fallback": int64(0), "reason.queue_full": int64(3), "severity.debug": int64(2), "severity.info": int64(1),
				})
			})
		})
	}
}

// Of a displaced record only the severity is known; the gap record has the resource of
// what is exported.
func TestGapRecordOfDisplacedRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, e, release := lossy(t, WithOverflow(DropOldest))
		emit(p, log.SeverityInfo, "a", "b", "c")
		release()
		synctest.Wait()
		all := gapsOf(e)
		if len(all) != 1 {
			t.Fatalf("%d gap records, want 1", len(all))
		}
		if got, want := all[0].Resource(), e.Records()[0].Resource(); !got.Equal(want) {
			t.Errorf("resource %v, want %v", got, want)
		}
		_ = p.Shutdown(t.Context())
	})
}

// What is not reported yet at the end is reported after the last record.
func TestLastGapRecordAtShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, e, release := lossy(t)
		emit(p, log.SeverityInfo, "lost")
		release()
		synctest.Wait() // the first gap record
		blockAgain := e.Block()
		emit(p, log.SeverityInfo, "x", "y")
		synctest.Wait()
		emit(p, log.SeverityInfo, "in", "in", "lost", "lost")
		go func() {
			time.Sleep(100 * time.Millisecond) // within the second without another gap record
			blockAgain()
		}()
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		all := gapsOf(e)
		records := e.Records()
		if len(all) != 2 || records[len(records)-1].EventName() != "asynclog.gap" {
			t.Fatalf("%d gap records, want 2, the second after all others", len(all))
		}
		wantGap(t, &all[1], map[string]any{"lost": int64(2), "fallback": int64(0), "reason.queue_full": int64(2), "severity.info": int64(2)})
	})
}

// The ledger counts a fallback record when it has been written.
func TestLastGapRecordWaitsForTheFallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := writerFunc(func(b []byte) (int, error) {
			time.Sleep(100 * time.Millisecond)
			return len(b), nil
		})
		p, e, release := lossy(t, WithFallback(slow))
		emit(p, log.SeverityError, "saved", "saved", "saved")
		release()
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		saved := int64(0)
		all := gapsOf(e)
		for i := range all {
			saved += gapAttributes(&all[i])["fallback"].(int64)
		}
		if saved != 3 {
			t.Errorf("gap records report %d in the fallback, want 3", saved)
		}
	})
}

// There is no gap record after the deadline, and none on an exporter that does not work.
func TestNoLastGapRecord(t *testing.T) {
	t.Run("too late", func(t *testing.T) {
		p, e, _ := lossy(t)
		emit(p, log.SeverityInfo, "lost")
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_ = p.Shutdown(ctx)
		if n := e.Exports(); n != 1 {
			t.Errorf("%d exports, want the one that was cut off", n)
		}
	})
	for name, err := range map[string]error{"unavailable": errAway, "denied": errDenied} {
		t.Run(name, func(t *testing.T) {
			captureErrors(t)
			e := exportertest.New()
			p := start(t, e, WithGapRecords(true), WithRetry(RetryConfig{Disabled: true}))
			e.FailNext(1, err)
			emit(p, log.SeverityInfo, "lost")
			_ = p.Shutdown(t.Context())
			if n := e.Exports(); n != 1 {
				t.Errorf("%d exports, want the one that failed", n)
			}
		})
	}
}

// An exporter that refused the last batch because of its content works: the last gap
// record goes to it, and reports that loss too.
func TestLastGapRecordAfterARefusedBatch(t *testing.T) {
	for name, err := range map[string]error{"poisoned": errPoison, "unknown": errStrange} {
		t.Run(name, func(t *testing.T) {
			captureErrors(t)
			e := exportertest.New()
			p := start(t, e, WithGapRecords(true), WithFallback(nil), WithRetry(RetryConfig{MaxUnknownAttempts: 1}))
			e.FailNext(1, err)
			emit(p, log.SeverityInfo, "lost")
			_ = p.Shutdown(t.Context()) // its error is that of the refused export
			recs := e.Records()
			if len(recs) != 1 || recs[0].EventName() != "asynclog.gap" {
				t.Fatalf("exported %v, want the gap record", recs)
			}
			if text := recs[0].Body().AsString(); !strings.Contains(text, "1 log record is missing here") || p.Stats().GapRecords != 1 {
				t.Errorf("gap record %q, %+v", text, p.Stats())
			}
		})
	}
}

// An exporter that ignores the end of its context while it exports a gap record delays
// Shutdown no longer than in any other export, and one that ends the goroutine does not
// end the gap records.
func TestGapRecordInAHostileExporter(t *testing.T) {
	t.Run("ignores its context", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			hang := make(chan struct{})
			e := exportertest.New(exportertest.WithDeafness(), exportertest.WithFunc(func(_ context.Context, recs []sdklog.Record) error {
				if recs[0].EventName() == "asynclog.gap" {
					<-hang
				}
				return nil
			}))
			release := e.Block()
			p := start(t, e, WithGapRecords(true), WithMaxQueueSize(2), WithExportMaxBatchSize(2), WithExportTimeout(time.Second))
			emit(p, log.SeverityInfo, "a", "b")
			synctest.Wait()
			emit(p, log.SeverityInfo, "c", "d", "lost")
			release()
			synctest.Wait()
			begun := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			_ = p.Shutdown(ctx)
			if took := time.Since(begun); took > 6*time.Second {
				t.Errorf("Shutdown took %v, want 5 s and a CancelTimeout", took)
			}
			if s := p.Stats(); !s.Balanced() || s.Exported != 2 || s.GapRecords != 0 {
				t.Errorf("%+v, want the two behind it lost", s)
			}
			close(hang)
			synctest.Wait()
			if left := processorGoroutines(); len(left) != 0 {
				t.Errorf("left behind: %s", left)
			}
		})
	})
	t.Run("panic", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			captureErrors(t)
			p, e, release := lossy(t)
			emit(p, log.SeverityInfo, "lost")
			e.PanicNext(1, "boom")
			release()
			time.Sleep(2 * time.Second)
			emit(p, log.SeverityInfo, "more")
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if n := len(gapsOf(e)); n != 1 {
				t.Errorf("%d gap records, want 1", n)
			}
		})
	})
}

// A gap record after an outage that cost records.
func TestGapRecordAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New()
		p := start(t, e, WithGapRecords(true), WithMaxQueueSize(10), WithExportMaxBatchSize(5))
		e.FailNext(20, syscall.ECONNREFUSED)
		for range 30 {
			emit(p, log.SeverityInfo, "a")
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(5 * time.Minute)
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		s := p.Stats()
		all := gapsOf(e)
		var sum uint64
		for i := range all {
			sum += uint64(gapAttributes(&all[i])["lost"].(int64))
		}
		if s.DroppedTotal() == 0 || sum != s.DroppedTotal() || s.Exported+s.DroppedTotal() != 30 {
			t.Errorf("%d reported by %d gap records; %+v", sum, len(all), s)
		}
	})
}

// Everything at once, and each loss is reported once.
func TestGapRecordsConcurrentSafe(t *testing.T) {
	captureErrors(t)
	var mu sync.Mutex
	var sum int64
	count := func(_ context.Context, recs []sdklog.Record) error {
		mu.Lock()
		defer mu.Unlock()
		for i := range recs {
			if recs[i].EventName() == "asynclog.gap" {
				sum += gapAttributes(&recs[i])["lost"].(int64)
			}
		}
		return nil
	}
	all := []sdklog.Exporter{
		exportertest.New(exportertest.WithoutRecords(), exportertest.WithFunc(count)),
		exportertest.New(exportertest.WithoutRecords(), exportertest.WithFunc(count)),
	}
	p := start(t, all[0], WithExporters(all[1]), WithGapRecords(true), WithFallback(nil), WithMaxQueueSize(32), WithExportMaxBatchSize(8),
		WithOverflow(DropLowest))
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for i := range 500 {
				emit(p, log.Severity(i%25), "x")
			}
		})
	}
	callers.Wait()
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if lost := int64(p.Stats().DroppedTotal()); sum != lost {
		t.Errorf("%d losses reported, %d lost", sum, lost)
	}
}
