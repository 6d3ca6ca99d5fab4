package processor

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
	"github.com/krunchwrapper/asynclog/processor/internal/size"
)

// refusing is an exporter that returns the error for every batch that contains one of the
// bodies.
func refusing(err error, bodies ...string) *exportertest.Exporter {
	return exportertest.New(exportertest.WithFunc(func(_ context.Context, records []sdklog.Record) error {
		for i := range records {
			if slices.Contains(bodies, records[i].Body().AsString()) {
				return err
			}
		}
		return nil
	}))
}

// One record at fault, wherever it is, does not cost any other record.
func TestPoisonedRecordIsFound(t *testing.T) {
	for _, n := range []int{1, 2, 3, 8, 100, 512} {
		for _, at := range []int{0, n / 3, n / 2, n - 1} {
			for name, err := range map[string]error{"poison": errPoison, "unknown": errStrange} {
				t.Run(fmt.Sprintf("%s/%d of %d", name, at, n), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						captureErrors(t)
						e := refusing(err, body(at))
						p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(n))
						emit(p, log.SeverityInfo, bodyRange(0, n)...)
						if got := p.ForceFlush(t.Context()); got != nil && !errors.Is(got, err) { // nil: it was over
							t.Errorf("flush returns %v", got)
						}
						wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 1})
						wantBodies(t, e, slices.Delete(bodyRange(0, n), at, at+1))
						most := 1
						if name == "unknown" {
							most = 3
						}
						if most += 2*bits.Len(uint(n-1)) + 2; e.Exports() > most {
							t.Errorf("%d exports, want at most %d", e.Exports(), most)
						}
						if s := p.Stats(); n > 1 && (s.Degraded || s.ConsecutiveFailures > 0) {
							t.Errorf("%+v", s)
						}
					})
				})
			}
		}
	}
}

// Records at fault that are not isolated within the limit of exports are lost together;
// all others arrive.
func TestPoisonedRecordsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		bad := []string{"3", "100", "101", "300", "511"}
		e := refusing(errPoison, bad...)
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(512))
		emit(p, log.SeverityInfo, bodyRange(0, 512)...)
		_ = p.ForceFlush(t.Context())
		if got := e.Exports(); got > 1+2*9+2 {
			t.Errorf("%d exports", got)
		}
		s := p.Stats()
		if s.Exported+s.DroppedTotal() != 512 || s.DroppedTotal() < 5 || s.Exported < 3 {
			t.Errorf("%+v", s)
		}
		if got := e.Bodies(); !slices.IsSortedFunc(got, byNumber) || len(got) != int(s.Exported) {
			t.Errorf("%d exported, in order: %t", len(got), slices.IsSortedFunc(got, byNumber))
		}
	})
}

// A receiver that refuses everything does not get twenty exports for each batch.
func TestPoisonEverywhereIsNotSearchedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var r receiver
		r.is(errPoison)
		e := r.exporter()
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(100))
		emit(p, log.SeverityInfo, bodyRange(0, 1000)...)
		begun := time.Now()
		_ = p.ForceFlush(t.Context())
		if took := time.Since(begun); took != 0 {
			t.Errorf("took %v: what a receiver refuses is no reason for a pause", took)
		}
		if got := e.Exports(); got > 10+2*7+2 {
			t.Errorf("%d exports of ten batches", got)
		}
		wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 1000})
		if s := p.Stats(); !s.Degraded {
			t.Errorf("%+v, want it degraded", s)
		}
		// After the receiver has accepted something, it does again.
		r.is(nil)
		emit(p, log.SeverityInfo, bodyRange(0, 100)...)
		synctest.Wait()
		r.is(errPoison)
		before := e.Exports()
		emit(p, log.SeverityInfo, bodyRange(0, 100)...)
		synctest.Wait()
		if got := e.Exports() - before; got < 10 {
			t.Errorf("%d exports", got)
		}
		if p.Stats().Degraded {
			t.Error("it is degraded still")
		}
	})
}

// A search that has found the record at fault in one batch does not prevent the next
// search.
func TestPoisonIsSearchedForInEachBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := refusing(errPoison, "7", "15") // the last of each
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(8))
		emit(p, log.SeverityInfo, bodyRange(0, 16)...)
		_ = p.ForceFlush(t.Context())
		wantBodies(t, e, append(bodyRange(0, 7), bodyRange(8, 15)...))
	})
}

// If failed exports are not to be retried, parts of their batches are not either.
func TestPoisonIsNotSearchedForWithoutRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := refusing(errPoison, "3")
		p := start(t, e, once, WithFallback(nil), WithExportMaxBatchSize(8))
		emit(p, log.SeverityInfo, bodyRange(0, 8)...)
		_ = p.ForceFlush(t.Context())
		if e.Exports() != 1 {
			t.Errorf("%d exports", e.Exports())
		}
		wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 8})
	})
}

// The receiver goes away in the middle of the search: the search goes on later, and
// nothing is delivered twice.
func TestPoisonedBatchInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		calls := 0
		e := exportertest.New(exportertest.WithFunc(func(_ context.Context, records []sdklog.Record) error {
			calls++
			if calls == 4 || calls == 5 {
				return errAway
			}
			for i := range records {
				if records[i].Body().AsString() == "70" {
					return errPoison
				}
			}
			return nil
		}))
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(100))
		emit(p, log.SeverityInfo, bodyRange(0, 100)...)
		synctest.Wait()
		if s := p.Stats(); s.Exported != 50 || s.Queued != 50 || !s.Balanced() {
			t.Errorf("%+v, want half of it exported", s)
		}
		time.Sleep(time.Minute)
		wantBodies(t, e, slices.Delete(bodyRange(0, 100), 70, 71))
		wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 1})
	})
}

// A panic costs its own batch, and the batch is not split.
func TestPanicIsNotSearchedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New()
		e.PanicNext(1, "boom")
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(10))
		emit(p, log.SeverityInfo, bodyRange(0, 20)...)
		synctest.Wait()
		wantDropped(t, p, Drop{ReasonExportPanic, log.SeverityInfo, 10})
		wantBodies(t, e, bodyRange(10, 20))
	})
}

// Batches are exported in parts below a number of bytes, and each part is completed by
// itself: if one fails, only that part and the parts behind it are retried.
func TestBatchesAreSplitByBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New()
		e.FailNext(2, nil)
		e.FailNext(1, errAway)
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(100), WithExportMaxBatchBytes(30_000))
		var want []string
		for i := range 100 {
			want = append(want, fmt.Sprint(i, strings.Repeat("x", 1000)))
		}
		emit(p, log.SeverityInfo, want...)
		synctest.Wait()
		s := p.Stats()
		if e.Exports() != 3 || s.Exported == 0 || s.Queued != 100-int(s.Exported) || !s.Balanced() {
			t.Errorf("%+v after %d exports, want two parts exported", s, e.Exports())
		}
		time.Sleep(time.Minute)
		wantBodies(t, e, want)
		for _, c := range e.Calls() {
			if c.Count > 30 {
				t.Errorf("%d records of a thousand bytes in one export", c.Count)
			}
		}
	})
}

// A record that is too large by itself is not exported, and delays no others.
func TestRecordTooLarge(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				errs := captureErrors(t)
				giant := strings.Repeat("x", 2000)
				var lines strings.Builder
				e := exportertest.New()
				p := start(t, e, append(opts, WithFallback(&lines), WithExportMaxBatchBytes(1500), WithExportInterval(time.Hour))...)
				if name == "queue" { // so that the flush has something to wait for
					release := e.Block()
					time.AfterFunc(time.Second, release)
				}
				emit(p, log.SeverityInfo, "a", giant, "b")
				emit(p, log.SeverityError, giant)
				emit(p, log.SeverityInfo, giant, giant, "c")
				if err := p.ForceFlush(t.Context()); (err != nil) != (name == "queue") {
					t.Errorf("flush returns %v", err)
				}
				wantDropped(t, p, Drop{ReasonRecordTooLarge, log.SeverityInfo, 3})
				wantLines(t, []byte(lines.String()), giant)
				wantBodies(t, e, []string{"a", "b", "c"})
				synctest.Wait()
				if got := errs.all(); len(got) == 0 || !strings.Contains(got[0].Error(), "WithExportMaxBatchBytes") {
					t.Errorf("reported %v", got)
				}
				if s := p.Stats(); s.Degraded || s.Exporters[0].Failures != 0 {
					t.Errorf("%+v", s)
				}
				if err := p.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestRecordTooLargeIsNoLossOfTheShutdown(t *testing.T) {
	captureErrors(t)
	p := start(t, exportertest.New(), WithFallback(nil), WithExportMaxBatchBytes(1000), WithExportInterval(time.Hour))
	emit(p, log.SeverityInfo, strings.Repeat("x", 2000))
	err := p.Shutdown(t.Context())
	if _, ok := errors.AsType[*ShutdownError](err); ok {
		t.Errorf("shutdown returns %v", err)
	}
}

// Every record is counted once in the metric, whatever happens to it before its end.
func TestMetricProcessedOfRetries(t *testing.T) {
	for _, overflow := range []Overflow{DropNewest, DropOldest, DropLowest} {
		t.Run(overflow.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				reader, withReader := newReader()
				var r receiver
				r.is(errAway)
				e := r.exporter(exportertest.WithDelay(10 * time.Millisecond))
				var lines strings.Builder
				p := start(t, e, withReader, WithOverflow(overflow), WithFallback(&lines),
					WithMaxQueueSize(20), WithExportMaxBatchSize(8), WithExportMaxBatchBytes(2000), WithExportInterval(time.Second))
				for i := range 500 {
					text := body(i)
					if i%50 == 0 {
						text = strings.Repeat("x", 3000)
					}
					emit(p, log.Severity(1+i%24), text)
					time.Sleep(7 * time.Millisecond)
				}
				time.Sleep(time.Second)
				r.is(nil)
				time.Sleep(time.Minute)
				synctest.Wait()
				s := p.Stats()
				var all int64
				got := processed(collect(t, reader))
				for _, n := range got {
					all += n
				}
				if all != int64(s.Emitted) || s.Exported == 0 || s.DroppedTotal() == 0 {
					t.Errorf("%v, in all %d, of %+v", got, all, s)
				}
			})
		})
	}
}

// A large record among many small ones is never exported, and does not cost any of them.
func TestLargeRecordAmongManySmallOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		const limit = 1_000_000
		s := size.NewSplitter()
		e := exportertest.New(exportertest.WithFunc(func(_ context.Context, records []sdklog.Record) error {
			requests, tooLarge := 0, false
			s.Split(records, limit, func(_, oversize int) {
				requests++
				tooLarge = tooLarge || oversize > 0
			})
			if requests > 1 || tooLarge {
				return errortest.GRPC(8)
			}
			return nil
		}))
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(200), WithExportMaxBatchBytes(limit))
		giant := strings.Repeat("x", 2*limit)
		want := []string{}
		for round := range 5 {
			for i := range 200 {
				text := body(200*round + i)
				if i == 102 {
					text = giant
				} else {
					want = append(want, text)
				}
				emit(p, log.SeverityInfo, text)
			}
			synctest.Wait()
		}
		wantBodies(t, e, want)
		wantDropped(t, p, Drop{ReasonRecordTooLarge, log.SeverityInfo, 5})
		if x := p.Stats().Exporters[0]; x.Failures != 0 || x.Exports != 10 {
			t.Errorf("%d of %d exports failed, want none of ten", x.Failures, x.Exports)
		}
	})
}
