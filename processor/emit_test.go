package processor

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// emit hands one record for each body to the processor.
func emit(p *Processor, s log.Severity, bodies ...string) {
	for _, b := range bodies {
		r := exportertest.Record(s, b)
		p.OnEmit(context.Background(), &r)
	}
}

// body is the body of the i-th record of a test.
func body(i int) string { return strconv.Itoa(i) }

// bodyRange returns the bodies of the records from … to-1.
func bodyRange(from, to int) []string {
	out := []string{}
	for i := from; i < to; i++ {
		out = append(out, body(i))
	}
	return out
}

func wantBodies(t testing.TB, e *exportertest.Exporter, want []string) {
	t.Helper()
	if got := e.Bodies(); !slices.Equal(got, want) {
		t.Errorf("exported %q, want %q", got, want)
	}
}

func wantDropped(t testing.TB, p *Processor, want ...Drop) {
	t.Helper()
	if got := p.Stats().Dropped; !slices.Equal(got, want) {
		t.Errorf("dropped %v, want %v", got, want)
	}
}

// errorLog is an otel.ErrorHandler that keeps the errors.
type errorLog struct {
	mu   sync.Mutex
	errs []error
	each func(error) // nil: nothing more; set before there are any errors
}

func (l *errorLog) Handle(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs = append(l.errs, err)
	if l.each != nil {
		l.each(err)
	}
}

func (l *errorLog) all() []error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.errs)
}

func (l *errorLog) matching(target error) []error {
	return slices.DeleteFunc(l.all(), func(err error) bool { return !errors.Is(err, target) })
}

// captureErrors collects the errors that reach otel.Handle until the test ends, and keeps
// them off the test's output.
func captureErrors(t testing.TB) *errorLog {
	t.Helper()
	l := &errorLog{}
	before := otel.GetErrorHandler()
	otel.SetErrorHandler(l)
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	return l
}

// modes are the two modes of a processor.
var modes = map[string][]Option{"queue": nil, "synchronous": {WithSynchronous()}}

func TestOnEmitOfNothingDoesNothing(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			p := start(t, exportertest.New(), opts...)
			if err := p.OnEmit(t.Context(), nil); err != nil {
				t.Error(err)
			}
			if s := p.Stats(); s.Emitted != 0 {
				t.Errorf("%d records emitted, want 0", s.Emitted)
			}
		})
	}
}

func TestNilContextIsTaken(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			e := exportertest.New()
			p := start(t, e, opts...)
			r := exportertest.Record(log.SeverityInfo, "a")
			var none context.Context
			if !p.Enabled(none, sdklog.EnabledParameters{}) {
				t.Error("not enabled")
			}
			if err := p.OnEmit(none, &r); err != nil {
				t.Error(err)
			}
			if err := p.ForceFlush(none); err != nil {
				t.Error(err)
			}
			wantBodies(t, e, []string{"a"})
			if err := p.Shutdown(none); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestZeroProcessorHasBeenShutDown(t *testing.T) {
	var p Processor
	ctx := t.Context()
	r := exportertest.Record(log.SeverityFatal, "a")
	if err := p.OnEmit(ctx, &r); err != nil {
		t.Error(err)
	}
	if err := p.OnEmit(ctx, nil); err != nil {
		t.Error(err)
	}
	p.ExportNow()
	if !p.Enabled(ctx, sdklog.EnabledParameters{}) {
		t.Error("not enabled: what comes too late would not be counted")
	}
	if err := errors.Join(p.ForceFlush(ctx), p.Shutdown(ctx), p.Shutdown(ctx)); err != nil {
		t.Error(err)
	}
	if s := p.Stats(); s.Emitted != 1 || !s.Balanced() {
		t.Errorf("%+v, want 1 record, balanced", s)
	}
	wantDropped(t, &p, Drop{ReasonAlreadyShutdown, log.SeverityFatal, 1})
}

func TestZeroRecordIsTaken(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			e := exportertest.New()
			p := start(t, e, opts...)
			p.OnEmit(t.Context(), new(sdklog.Record))
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
			if got := e.RecordsTaken(); got != 1 {
				t.Errorf("%d records exported, want 1", got)
			}
		})
	}
}

// The log of a cancelled request is of interest.
func TestCancelledContextDoesNotMatter(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			e := exportertest.New()
			p := start(t, e, opts...)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if !p.Enabled(ctx, sdklog.EnabledParameters{Severity: log.SeverityInfo}) {
				t.Error("not enabled")
			}
			r := exportertest.Record(log.SeverityInfo, "a")
			if err := p.OnEmit(ctx, &r); err != nil {
				t.Error(err)
			}
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
			wantBodies(t, e, []string{"a"})
		})
	}
}

func TestSeveritiesOutsideTheDataModelAreTaken(t *testing.T) {
	var lines bytes.Buffer
	e := exportertest.New()
	release := e.Block()
	p := start(t, e, WithFallback(&lines), WithMaxQueueSize(1), WithExportMaxBatchSize(1), WithOverflow(DropLowest))
	emit(p, log.SeverityInfo, "in flight")
	if err := e.WaitEntered(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for _, s := range []log.Severity{math.MinInt, -1, 0, 1, 24, 25, 1000, math.MaxInt} {
		emit(p, s, strconv.Itoa(int(s)))
	}
	release()
	if err := p.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Below 0 all severities are unspecified, above 24 all are FATAL4: among equals the
	// first record stays.
	wantBodies(t, e, []string{"in flight", "24"})
	wantDropped(
		t, p,
		Drop{ReasonEvicted, log.SeverityUndefined, 1}, Drop{ReasonEvicted, log.SeverityTrace, 1},
		Drop{ReasonQueueFull, log.SeverityUndefined, 2},
	)
	if s := p.Stats(); s.Fallback != 3 || bytes.Count(lines.Bytes(), []byte("\n")) != 3 {
		t.Errorf("%d in the fallback, want 3: %s", s.Fallback, &lines)
	}
}

// The same with each record counted by its range, and without a fallback.
func TestSeveritiesOutsideTheDataModelAreCounted(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			p := start(t, exportertest.New(), append(opts, WithFallback(nil))...)
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			for _, s := range []log.Severity{math.MinInt, -4, -1, 0, 24, 25, 28, 1000, math.MaxInt - 3, math.MaxInt} {
				emit(p, s, "late")
			}
			wantDropped(
				t, p,
				Drop{ReasonAlreadyShutdown, log.SeverityUndefined, 4}, Drop{ReasonAlreadyShutdown, log.SeverityFatal, 6},
			)
		})
	}
}

// fixed is a minimum severity that does not change.
type fixed log.Severity

func (f fixed) Severity() log.Severity { return log.Severity(f) }

// switchable is a minimum severity that changes while the program runs.
type switchable struct{ v atomic.Int64 }

func (s *switchable) Severity() log.Severity { return log.Severity(s.v.Load()) }

func TestMinSeverityIsReadAtEachRecord(t *testing.T) {
	e := exportertest.New()
	lowest := &switchable{}
	p := start(t, e, WithMinSeverity(lowest))

	var want []string
	var filtered uint64
	for i, tc := range []struct {
		minimum, severity log.Severity
		taken             bool
	}{
		{log.SeverityUndefined, log.SeverityTrace1, true},
		{log.SeverityInfo, log.SeverityDebug4, false},
		{log.SeverityInfo, log.SeverityInfo1, true},
		{log.SeverityInfo2, log.SeverityInfo1, false},
		{log.SeverityInfo, log.SeverityFatal4, true},
		// According to the specification, unspecified passes any minimum.
		{log.SeverityFatal4, log.SeverityUndefined, true},
		{log.SeverityFatal4, log.SeverityFatal3, false},
		{log.SeverityTrace, -3, false},
		{log.SeverityDebug, log.SeverityDebug, true},
	} {
		lowest.v.Store(int64(tc.minimum))
		if got := p.Enabled(t.Context(), sdklog.EnabledParameters{Severity: tc.severity}); got != tc.taken {
			t.Errorf("minimum %v: enabled for %v is %t, want %t", tc.minimum, tc.severity, got, tc.taken)
		}
		emit(p, tc.severity, body(i))
		if tc.taken {
			want = append(want, body(i))
		} else {
			filtered++
		}
	}
	if err := p.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	wantBodies(t, e, want)
	if s := p.Stats(); s.Filtered != filtered || s.Emitted != s.Exported+filtered {
		t.Errorf("%+v, want %d filtered and the rest exported", s, filtered)
	}
}

// A minimum whose method panics, as that of a nil pointer does, is no minimum.
func TestMinSeverityPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errs := captureErrors(t)
		e := exportertest.New()
		p := start(t, e, WithMinSeverity((*switchable)(nil)))
		if !p.Enabled(t.Context(), sdklog.EnabledParameters{Severity: log.SeverityTrace}) {
			t.Error("not enabled")
		}
		emit(p, log.SeverityTrace, "a")
		if err := p.ForceFlush(t.Context()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		wantBodies(t, e, []string{"a"})
		if got := errs.matching(usercode.ErrPanic); len(got) != 1 {
			t.Errorf("reported %v, want one of two panics that say the same", got)
		}
	})
}

// The minimum is checked before anything else, so a filtered record is never counted as
// dropped, and no critical one goes to the fallback.
func TestMinSeverityGoesBeforeShutdownAndFallback(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			var lines bytes.Buffer
			p := start(t, exportertest.New(), append(opts, WithMinSeverity(fixed(log.SeverityFatal)), WithFallback(&lines))...)
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			emit(p, log.SeverityError, "a")
			if s := p.Stats(); s.Filtered != 1 || s.DroppedTotal() != 0 || lines.Len() != 0 {
				t.Errorf("%+v and fallback %q, want 1 filtered and nothing else", s, &lines)
			}
		})
	}
}

func TestEnabledDoesNotChangeWithShutdown(t *testing.T) {
	p := start(t, exportertest.New())
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if !p.Enabled(t.Context(), sdklog.EnabledParameters{Severity: log.SeverityInfo}) {
		t.Error("not enabled after Shutdown: what comes too late is not counted")
	}
}

func TestOnEmitAllocatesNothing(t *testing.T) {
	// The race detector and coverage do not add allocations; a full queue would hide
	// them, so the test checks that nothing was dropped.
	for attrs := range 6 {
		t.Run("attributes="+strconv.Itoa(attrs), func(t *testing.T) {
			p := start(t, nil, WithMaxQueueSize(1<<16))
			var kvs []attribute.KeyValue
			for i := range attrs {
				kvs = append(kvs, attribute.Int(strconv.Itoa(i), i))
			}
			r := exportertest.Record(log.SeverityInfo, "a", kvs...)
			ctx := t.Context()
			const n = 1 << 14
			for range n { // warm: the batches are allocated once
				p.OnEmit(ctx, &r)
			}
			if err := p.ForceFlush(ctx); err != nil {
				t.Fatal(err)
			}
			if got := testing.AllocsPerRun(n, func() { p.OnEmit(ctx, &r) }); got != 0 {
				t.Errorf("%v allocations a record, want 0", got)
			}
			wantDropped(t, p)
		})
	}
}

func TestOnEmitConcurrentSafe(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			e := exportertest.New()
			p := start(t, e, append(opts, WithMaxQueueSize(1<<14), WithExportMaxBatchSize(16), WithExportInterval(time.Millisecond))...)
			const goroutines, each = 16, 100
			var wg sync.WaitGroup
			for g := range goroutines {
				wg.Go(func() {
					for i := range each {
						emit(p, log.Severity(i%25), body(g*each+i))
						_ = p.Enabled(context.Background(), sdklog.EnabledParameters{Severity: log.SeverityInfo})
						_ = p.Stats()
						if i%32 == 0 {
							p.ExportNow()
						}
					}
				})
			}
			wg.Wait()
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			got := e.Bodies()
			slices.Sort(got)
			want := bodyRange(0, goroutines*each)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%d records exported, want %d, each once", len(got), len(want))
			}
		})
	}
}
