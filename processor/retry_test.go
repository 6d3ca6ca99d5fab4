package processor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
	"github.com/krunchwrapper/asynclog/processor/internal/exporterr"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// Errors of each class.
var (
	errAway    error = syscall.ECONNREFUSED
	errStrange       = errors.New("strange")
	errDenied  error = &errortest.HTTP{Code: 401}
	errPoison  error = &errortest.HTTP{Code: 400}
)

// receiver is what the exporters of a test export to: it fails with the error that was
// set last.
type receiver struct{ err atomic.Pointer[error] }

// is sets what exports return from now on.
func (r *receiver) is(err error) { r.err.Store(&err) }

func (r *receiver) exporter(opts ...exportertest.Option) *exportertest.Exporter {
	return exportertest.New(append(opts, exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
		if err := r.err.Load(); err != nil {
			return *err
		}
		return nil
	}))...)
}

// pausesOf returns the time between each export and the next.
func pausesOf(e *exportertest.Exporter) (pauses []time.Duration) {
	calls := e.Calls()
	for i := 1; i < len(calls); i++ {
		pauses = append(pauses, calls[i].Begun.Sub(calls[i-1].Ended))
	}
	return pauses
}

// An outage costs nothing while the queue has capacity: records that could not be
// exported wait, and are exported in their order when the receiver is back.
func TestRetryUntilTheReceiverIsBack(t *testing.T) {
	for _, overflow := range []Overflow{DropNewest, DropOldest, DropLowest, Block(time.Second)} {
		t.Run(overflow.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				errs := captureErrors(t)
				var r receiver
				r.is(errAway)
				e := r.exporter()
				p := start(t, e, WithOverflow(overflow), WithFallback(nil), WithMaxQueueSize(1000), WithExportMaxBatchSize(10))
				for i := range 100 {
					emit(p, log.Severity(1+i%24), bodyRange(10*i, 10*i+10)...)
					time.Sleep(time.Second)
					if s := p.Stats(); s.Queued != 10*(i+1) || s.InFlight != 0 || !s.Balanced() {
						t.Fatalf("after %d records: %+v", 10*(i+1), s)
					}
				}
				for i, pause := range pausesOf(e) {
					if pause <= 0 || pause > defaultMaxInterval {
						t.Errorf("pause %d is %v", i, pause)
					}
				}
				r.is(nil)
				time.Sleep(defaultMaxInterval)
				synctest.Wait()
				wantBodies(t, e, bodyRange(0, 1000))
				s := p.Stats()
				if s.Exported != 1000 || s.DroppedTotal() != 0 || s.Retries != uint64(e.Exports()-100) {
					t.Errorf("%+v after %d exports, want all exported", s, e.Exports())
				}
				if got := errs.all(); len(got) != 1 || !errors.Is(got[0], errAway) {
					t.Errorf("reported %v, want the outage once", got)
				}
			})
		})
	}
}

// The pauses grow by half, apart from the jitter, and not beyond the longest.
func TestRetryPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := failing(errAway)
		p := start(t, e, WithFallback(nil), WithExportInterval(time.Millisecond), WithRetry(RetryConfig{
			InitialInterval: time.Second, MaxInterval: time.Minute, MaxElapsedTime: 2 * time.Hour,
		}))
		emit(p, log.SeverityInfo, "a")
		time.Sleep(time.Hour)
		base, longest := time.Second, 40*time.Second // of which the jitter makes a minute
		differ := map[time.Duration]bool{}
		for i, pause := range pausesOf(e) {
			if pause < base/2 || pause > base*3/2+1 {
				t.Errorf("pause %d is %v, want half of %v more or less", i, pause, base)
			}
			differ[pause] = true
			base = min(base*3/2, longest)
		}
		if len(differ) < 50 {
			t.Errorf("%d different pauses in an hour", len(differ))
		}
	})
}

// A batch is given up when its time is up, with the last attempt at that very moment, and
// the next batch has its own time.
func TestRetryTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := failing(errAway)
		p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(1))
		emit(p, log.SeverityInfo, "a", "b")
		synctest.Wait()
		for i, body := range []string{"a", "b"} {
			first := func() *exportertest.Call {
				for _, c := range e.Calls() {
					if c.Records[0].Body().AsString() == body {
						return &c
					}
				}
				return nil
			}
			for first() == nil { // the pause after the previous one
				time.Sleep(time.Millisecond)
				synctest.Wait()
			}
			time.Sleep(time.Until(first().Ended.Add(defaultMaxElapsedTime - time.Nanosecond)))
			synctest.Wait()
			if s := p.Stats(); s.DroppedTotal() != uint64(i) || s.Queued != 2-i {
				t.Errorf("%+v before the time of %q is up", s, body)
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, uint64(i + 1)})
			if last := e.Calls()[e.Exports()-1]; last.Records[0].Body().AsString() != body || !last.Ended.Equal(time.Now()) {
				t.Errorf("the last export was of %v, at %v; want %q now", last.Records[0].Body(), last.Ended, body)
			}
		}
	})
}

// A batch with unknown errors is tried three times, and then saved or lost.
func TestRetryOfUnknownErrors(t *testing.T) {
	for _, most := range []int{0, 1, 7} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				var lines strings.Builder
				e := failing(errStrange)
				p := start(t, e, WithFallback(&lines), WithRetry(RetryConfig{MaxUnknownAttempts: most}))
				emit(p, log.SeverityInfo, "a")
				emit(p, log.SeverityError, "b")
				time.Sleep(time.Minute)
				if most == 0 {
					most = 3
				}
				// Then it is split, once.
				if got := e.Exports(); got != most+2 {
					t.Errorf("%d exports, want %d and two halves", got, most)
				}
				wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 1})
				wantLines(t, []byte(lines.String()), "b")
			})
		})
	}
}

// Nothing is retried that would be refused again.
func TestRetryNotOfPermanentErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		opts []Option
		why  Reason
	}{
		"denied":   {errDenied, nil, ReasonExportFailed},
		"shutdown": {sdklog.ErrExporterShutdown, nil, ReasonExportFailed},
		"disabled": {errAway, []Option{once}, ReasonExportFailed},
		"synchronous": {
			errAway,
			[]Option{WithSynchronous(), WithRetry(RetryConfig{MaxUnknownAttempts: 3})},
			ReasonExportFailed,
		},
		"classified": {errAway, []Option{WithRetry(RetryConfig{Classify: func(error) Class { return Permanent }})}, ReasonExportFailed},
		"timeout classified": {
			context.DeadlineExceeded,
			[]Option{WithRetry(RetryConfig{Classify: func(error) Class { return Permanent }})},
			ReasonExportTimeout,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				e := failing(tc.err)
				p := start(t, e, append([]Option{WithFallback(nil)}, tc.opts...)...)
				emit(p, log.SeverityInfo, "a", "b")
				time.Sleep(time.Hour)
				wantDropped(t, p, Drop{tc.why, log.SeverityInfo, 2})
				want := 1
				if name == "synchronous" {
					want = 2
				}
				if got := e.Exports(); got != want {
					t.Errorf("%d exports, want %d", got, want)
				}
			})
		})
	}
}

// Classify decides, and its panics are contained.
func TestRetryClassify(t *testing.T) {
	for _, tc := range []struct {
		name     string
		classify func(error) Class
		exports  int
		reported int // panics
	}{
		{"transient", func(error) Class { return Transient }, 20, 0},
		{"the default", Classify, 3, 0},
		{"a panic", func(error) Class { panic("classify") }, 3, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				errs := captureErrors(t)
				e := failing(errStrange)
				p := start(t, e, WithFallback(nil), WithRetry(RetryConfig{
					Classify: tc.classify, InitialInterval: time.Second, MaxInterval: time.Second, MaxElapsedTime: 14 * time.Second,
				}))
				emit(p, log.SeverityInfo, "a")
				time.Sleep(time.Hour)
				if got := e.Exports(); got < tc.exports-6 || got > tc.exports+6 || tc.exports == 3 && got != 3 {
					t.Errorf("%d exports, want about %d", got, tc.exports)
				}
				wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 1})
				if got := errs.matching(usercode.ErrPanic); len(got) != min(tc.reported, 1) {
					t.Errorf("reported %v, want one of %d panics that say the same", errs.all(), tc.reported)
				}
			})
		})
	}
}

// An export that was ended by the timeout is retried: its records may have arrived, or
// not. They are counted once.
func TestRetryOfTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New(exportertest.WithDelay(time.Hour))
		p := start(t, e, WithExportTimeout(10*time.Second), WithFallback(nil), WithExportInterval(time.Millisecond))
		emit(p, log.SeverityInfo, "a")
		time.Sleep(time.Minute)
		if s := p.Stats(); s.DroppedTotal() != 0 || e.Exports() < 4 {
			t.Errorf("%+v after %d exports", s, e.Exports())
		}
		e.SetDelay(0)
		time.Sleep(20 * time.Second)
		wantExported(t, e, 1)

		// If that is the final result, they count under it.
		e.SetDelay(time.Hour)
		emit(p, log.SeverityInfo, "b")
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := p.Shutdown(ctx)
		if lost, ok := errors.AsType[*ShutdownError](err); !ok || lost.Total() != 1 {
			t.Errorf("shutdown returns %v", err)
		}
		wantDropped(t, p, Drop{ReasonExportTimeout, log.SeverityInfo, 1})
	})
}

// The time that a receiver asks to wait counts if it is longer, up to a limit.
func TestRetryWaitsAsLongAsTheReceiverAsks(t *testing.T) {
	for _, tc := range []struct{ asks, least, most time.Duration }{
		{0, 50 * time.Millisecond, 150 * time.Millisecond},
		{time.Millisecond, 50 * time.Millisecond, 150 * time.Millisecond},
		{20 * time.Second, 20 * time.Second, 20 * time.Second},
		{time.Hour, exporterr.MaxHint, exporterr.MaxHint},
	} {
		t.Run(tc.asks.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				e := exportertest.New()
				e.FailNext(1, errortest.GRPC(8, &errortest.RetryInfo{Delay: tc.asks}))
				p := start(t, e, WithFallback(nil))
				emit(p, log.SeverityInfo, "a")
				time.Sleep(time.Minute)
				wantExported(t, e, 1)
				if pause := pausesOf(e)[0]; pause < tc.least || pause > tc.most+1 {
					t.Errorf("it waited %v, want %v to %v", pause, tc.least, tc.most)
				}
			})
		})
	}
}

// A batch that waits for a retry is subject to the policy: the first time that it comes
// back it may find the queue full, and as many records are displaced.
func TestRetryIntoAFullQueue(t *testing.T) {
	const debug, info, warn = log.SeverityDebug, log.SeverityInfo, log.SeverityWarn
	for _, tc := range []struct {
		overflow Overflow
		kept     []string
		dropped  []Drop
	}{
		// 0 and 1 come back, and 2, 3, 4 and 5 have filled the queue.
		{DropNewest, []string{"0", "1", "2", "3"}, []Drop{{ReasonQueueFull, warn, 2}}},
		{Block(time.Nanosecond), []string{"0", "1", "2", "3"}, []Drop{{ReasonQueueFull, warn, 2}}},
		// A record that was exported before may have arrived.
		{DropOldest, []string{"2", "3", "4", "5"}, []Drop{{ReasonExportFailed, info, 2}}},
		{DropLowest, []string{"1", "2", "4", "5"}, []Drop{{ReasonEvicted, debug, 1}, {ReasonExportFailed, info, 1}}},
	} {
		t.Run(tc.overflow.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				var r receiver
				r.is(errAway)
				e := r.exporter()
				release := e.Block()
				p := start(t, e, WithOverflow(tc.overflow), WithFallback(nil), WithMaxQueueSize(4), WithExportMaxBatchSize(2))
				emit(p, info, "0", "1")
				synctest.Wait()
				emit(p, info, "2")
				emit(p, debug, "3")
				emit(p, warn, "4", "5")
				release()
				for range 100 {
					synctest.Wait()
					if s := p.Stats(); s.Queued != 4 || !s.Balanced() {
						t.Fatalf("%+v, want a full queue", s)
					}
					time.Sleep(100 * time.Millisecond)
				}
				wantDropped(t, p, tc.dropped...)
				r.is(nil)
				time.Sleep(time.Minute)
				wantBodies(t, e, tc.kept)
			})
		})
	}
}

// A critical record that is displaced by a batch that comes back is saved like any other.
func TestRetryIntoAFullQueueOfCriticalRecords(t *testing.T) {
	for _, overflow := range []Overflow{DropNewest, DropOldest, DropLowest} {
		t.Run(overflow.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				var r receiver
				r.is(errAway)
				e := r.exporter()
				release := e.Block()
				var lines strings.Builder
				p := start(t, e, WithOverflow(overflow), WithFallback(&lines), WithMaxQueueSize(4), WithExportMaxBatchSize(4))
				emit(p, critical, "0")
				synctest.Wait()
				emit(p, critical, "1", "2", "3", "4")
				release()
				synctest.Wait()
				want := "0"
				if overflow == DropNewest {
					want = "4"
				}
				wantLines(t, []byte(lines.String()), want)
				if s := p.Stats(); s.Fallback != 1 || s.Queued != 4 || !s.Balanced() {
					t.Errorf("%+v, want one in the fallback", s)
				}
			})
		})
	}
}

// Capacity is reserved for a batch while it is retried: in an outage only those records
// are lost that do not fit.
func TestRetryKeepsItsCapacity(t *testing.T) {
	for _, overflow := range []Overflow{DropNewest, DropOldest, DropLowest} {
		t.Run(overflow.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				var r receiver
				r.is(errAway)
				e := r.exporter(exportertest.WithDelay(100 * time.Millisecond)) // time for new records to come
				p := start(t, e, WithOverflow(overflow), WithFallback(nil), WithMaxQueueSize(20), WithExportMaxBatchSize(5))
				n := 0
				for range 600 {
					emit(p, log.SeverityInfo, body(n))
					n++
					time.Sleep(50 * time.Millisecond)
					s := p.Stats()
					if s.Queued+s.InFlight > 20+5 || s.Queued > 20 || !s.Balanced() {
						t.Fatalf("after %d records: %+v", n, s)
					}
				}
				if got := e.Exports(); got < 10 {
					t.Fatalf("%d exports: this tests nothing", got)
				}
				s := p.Stats()
				// Under DropOldest a batch may be with the exporter for the first time,
				// when no capacity is reserved for it.
				held := s.Queued + s.InFlight
				if held < 20 || held > 20 && overflow != DropOldest || s.DroppedTotal() != uint64(n-held) {
					t.Errorf("%+v after %d records, want 20 of them kept", s, n)
				}
				r.is(nil)
				time.Sleep(time.Minute)
				if overflow != DropOldest {
					wantBodies(t, e, bodyRange(0, 20))
				} else if got := e.Bodies(); len(got) < 20 || len(got) > held || !slices.IsSortedFunc(got, byNumber) {
					// New records cannot displace what an exporter holds.
					t.Errorf("exported %v", got)
				}
			})
		})
	}
}

func byNumber(a, b string) int { return len(a) - len(b) + strings.Compare(a, b) }

func TestRetryDefaults(t *testing.T) {
	want := RetryConfig{
		InitialInterval: 100 * time.Millisecond, MaxInterval: 5 * time.Second, MaxElapsedTime: 5 * time.Minute, MaxUnknownAttempts: 3,
	}
	same := func(a, b RetryConfig) bool {
		return a.InitialInterval == b.InitialInterval && a.MaxInterval == b.MaxInterval &&
			a.MaxElapsedTime == b.MaxElapsedTime && a.MaxUnknownAttempts == b.MaxUnknownAttempts && a.Disabled == b.Disabled
	}
	for _, c := range []RetryConfig{{}, {InitialInterval: -1, MaxInterval: -1, MaxElapsedTime: -1, MaxUnknownAttempts: -1}} {
		if got := c.withDefaults(); !same(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if got := (RetryConfig{InitialInterval: time.Hour, MaxInterval: time.Second}).withDefaults(); got.InitialInterval != time.Second {
		t.Errorf("the first interval is %v, the longest %v", got.InitialInterval, got.MaxInterval)
	}
}
