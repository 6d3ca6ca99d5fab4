package processor

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// This file contains what the SDK's own tests assert about its batch processor, so that
// New can replace NewBatchProcessor. Assertions that other files of this package test
// already are not repeated: the zero value, the limits and their sources, the order of
// the calls in Shutdown, and what happens after it.

func TestDropInNilExporter(t *testing.T) {
	ctx := t.Context()
	p := start(t, nil)
	if err := errors.Join(p.OnEmit(ctx, new(sdklog.Record)), p.ForceFlush(ctx), p.Shutdown(ctx)); err != nil {
		t.Error(err)
	}
}

func TestDropInShortestInterval(t *testing.T) {
	const size = 15
	e := exportertest.New()
	p := start(
		t, e,
		WithMaxQueueSize(2*size), WithExportMaxBatchSize(2*size),
		WithExportInterval(time.Nanosecond), WithExportTimeout(time.Hour),
	)
	for range size {
		p.OnEmit(t.Context(), new(sdklog.Record))
	}
	if err := e.WaitRecords(t.Context(), size); err != nil {
		t.Error(err)
	}
}

func TestDropInFullBatchesAreExportedWithoutTheInterval(t *testing.T) {
	const batch = 10
	e := exportertest.New()
	p := start(
		t, e,
		WithMaxQueueSize(10*batch), WithExportMaxBatchSize(batch),
		WithExportInterval(time.Hour), WithExportTimeout(time.Hour),
	)
	for range 10 * batch {
		p.OnEmit(t.Context(), new(sdklog.Record))
	}
	if err := e.WaitRecords(t.Context(), 10*batch); err != nil {
		t.Error(err)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if got := e.Exports(); got != 10 {
		t.Errorf("%d exports, want 10", got)
	}
}

func TestDropInFailedExportIsReported(t *testing.T) {
	handled := make(chan error, 1)
	errs := captureErrors(t)
	errs.each = func(err error) {
		select {
		case handled <- err:
		default:
		}
	}
	e := exportertest.New()
	e.FailNext(1, errExport)
	p := start(t, e, WithMaxQueueSize(1), WithExportInterval(time.Hour))
	p.OnEmit(t.Context(), new(sdklog.Record))
	if err := <-handled; !errors.Is(err, errExport) {
		t.Errorf("handled %v, want %v", err, errExport)
	}
}

func TestDropInOnEmitDoesNotBlockAndWhatItLeavesIsExportedLater(t *testing.T) {
	const batch = 10
	e := exportertest.New()
	release := e.Block()
	p := start(
		t, e,
		WithMaxQueueSize(3*batch), WithExportMaxBatchSize(batch),
		WithExportInterval(time.Hour), WithExportTimeout(time.Hour),
	)
	for range 2*batch + 1 {
		p.OnEmit(t.Context(), new(sdklog.Record))
	}
	if err := e.WaitEntered(t.Context(), 1); err != nil {
		t.Error(err)
	}
	p.OnEmit(t.Context(), new(sdklog.Record))
	release()
	if err := e.WaitRecords(t.Context(), 2*batch); err != nil {
		t.Error(err)
	}
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if e.Exports() != 3 || e.RecordsTaken() != 2*batch+2 {
		t.Errorf("%d exports of %d records, want 3 of %d", e.Exports(), e.RecordsTaken(), 2*batch+2)
	}
}

// The SDK's processor replaces the oldest record; here an option does so.
func TestDropInTheOldestIsReplaced(t *testing.T) {
	e := exportertest.New()
	release := e.Block()
	p := start(
		t, e, WithOverflow(DropOldest),
		WithMaxQueueSize(1), WithExportMaxBatchSize(1), WithExportInterval(time.Hour), WithExportTimeout(time.Hour),
	)
	emit(p, log.SeverityInfo, "exported")
	if err := e.WaitEntered(t.Context(), 1); err != nil {
		t.Error(err)
	}
	emit(p, log.SeverityInfo, "replaced", "queued")
	release()
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	wantBodies(t, e, []string{"exported", "queued"})
	wantDropped(t, p, Drop{ReasonQueueFull, log.SeverityInfo, 1})
}

func TestDropInRecordArrivesUnchanged(t *testing.T) {
	e := exportertest.New()
	p := start(t, e, WithExportInterval(time.Hour))
	r := recordWith(7)
	r.SetBody(attribute.BoolValue(true))
	p.OnEmit(t.Context(), &r)
	if err := p.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	if got := e.Records(); len(got) != 1 || !sameContent(&got[0], &r) {
		t.Errorf("exported %v", got)
	}
	if e.Exports() != 1 || e.ForceFlushes() != 1 {
		t.Errorf("%d exports, %d flushes; want 1 each", e.Exports(), e.ForceFlushes())
	}
}

func TestDropInFlushThatWasCancelledLosesNothing(t *testing.T) {
	e := exportertest.New()
	p := start(t, e, WithMaxQueueSize(2), WithExportMaxBatchSize(2), WithExportInterval(time.Hour))
	emit(p, log.SeverityInfo, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.ForceFlush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	if e.Exports() != 0 || e.ForceFlushes() != 0 {
		t.Errorf("%d exports, %d flushes; want none", e.Exports(), e.ForceFlushes())
	}
	if err := p.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	wantBodies(t, e, []string{"a"})
}

func TestDropInCancelledWhileWaiting(t *testing.T) {
	captureErrors(t)
	for name, wait := range map[string]func(*Processor, context.Context) error{
		"ForceFlush": (*Processor).ForceFlush,
		"Shutdown":   (*Processor).Shutdown,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := exportertest.New(exportertest.WithDeafness())
				release := e.Block()
				p := start(t, e, WithExportInterval(time.Hour))
				emit(p, log.SeverityInfo, "a")
				ctx, cancel := context.WithCancel(t.Context())
				errs := make(chan error, 1)
				go func() { errs <- wait(p, ctx) }()
				synctest.Wait()
				if got := e.Exports(); got != 1 {
					t.Errorf("%d exports, want 1", got)
				}
				cancel()
				if err := <-errs; !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, want the context's", err)
				}
				release()
				synctest.Wait()
			})
		})
	}
}

// The error of an export that a flush waits for belongs to the flush, even if a shutdown
// begins meanwhile.
func TestDropInForceFlushErrorDuringShutdownConcurrentSafe(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		release := e.Block()
		e.FailNext(2, errExport) // the one under way, and the last attempt
		p := start(t, e, WithExportInterval(time.Hour))
		emit(p, log.SeverityInfo, "a")
		flushed, down := make(chan error, 1), make(chan error, 1)
		go func() { flushed <- p.ForceFlush(t.Context()) }()
		synctest.Wait()
		go func() { down <- p.Shutdown(t.Context()) }()
		synctest.Wait()
		release()
		if err := <-flushed; !errors.Is(err, errExport) {
			t.Errorf("ForceFlush: %v, want %v", err, errExport)
		}
		// The shutdown had to wait for the same export; unlike the SDK's it reports the
		// record that was lost in it.
		if err := <-down; !errors.Is(err, errExport) {
			t.Errorf("Shutdown: %v, want %v", err, errExport)
		}
	})
}

// No two calls of an exporter are under way at the same time, of whatever method.
func TestDropInCallsOfAnExporterAreSerializedConcurrentSafe(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			var active, exports, flushes atomic.Int32
			call := func(count *atomic.Int32) {
				count.Add(1)
				if active.Add(1) > 1 {
					t.Error("two calls at the same time")
				}
				time.Sleep(time.Microsecond) // for another one to begin
				active.Add(-1)
			}
			var shutdowns atomic.Int32
			e := &odd{
				Exporter: exportertest.New(exportertest.WithoutRecords()),
				export:   func(context.Context, []sdklog.Record) error { call(&exports); return nil },
				flush:    func(context.Context) error { call(&flushes); return nil },
				shutdown: func(context.Context) error { call(&shutdowns); return nil },
			}
			p := start(t, e, append(opts, WithMaxQueueSize(64), WithExportMaxBatchSize(8), WithExportInterval(time.Millisecond))...)

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var wg sync.WaitGroup
			var both sync.WaitGroup // until there were exports and flushes
			both.Add(8)
			for range 4 {
				wg.Go(func() {
					for i := 0; ctx.Err() == nil; i++ {
						p.OnEmit(ctx, new(sdklog.Record))
						if i == 100 {
							both.Done()
						}
					}
				})
				wg.Go(func() {
					for i := 0; ctx.Err() == nil; i++ {
						_ = p.ForceFlush(ctx)
						if i == 3 {
							both.Done()
						}
					}
				})
			}
			both.Wait()
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			cancel()
			wg.Wait()
			if exports.Load() == 0 || flushes.Load() == 0 || shutdowns.Load() != 1 {
				t.Errorf("%d exports, %d flushes, %d shutdowns", exports.Load(), flushes.Load(), shutdowns.Load())
			}
		})
	}
}

func TestDropInConcurrentSafe(t *testing.T) {
	e := exportertest.New()
	p := start(t, e)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			p.OnEmit(t.Context(), new(sdklog.Record))
			_ = p.ForceFlush(t.Context())
			_ = p.Shutdown(t.Context())
		})
	}
	wg.Wait()
	if s := p.Stats(); s.Emitted != 10 || s.Exported+s.DroppedTotal() != 10 {
		t.Errorf("%+v, want 10 records, exported or too late", s)
	}
}

// Records that were accepted while Shutdown began are exported: the exporter gets exactly
// the records that are not counted as late.
func TestDropInShutdownTakesWhatWasAcceptedConcurrentSafe(t *testing.T) {
	const writers = 32
	e := exportertest.New()
	p := start(t, e, WithMaxQueueSize(writers), WithFallback(nil))
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			<-begin
			emit(p, log.SeverityInfo, body(i))
		})
	}
	wg.Go(func() {
		<-begin
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
	close(begin)
	wg.Wait()
	late := p.Stats().DroppedTotal()
	got := e.Bodies()
	slices.Sort(got)
	if got = slices.Compact(got); len(got)+int(late) != writers {
		t.Errorf("%d different records exported and %d late, want %d in all", len(got), late, writers)
	}
}
