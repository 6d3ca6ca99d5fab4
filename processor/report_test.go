package processor

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
	"github.com/krunchwrapper/asynclog/processor/internal/report"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// handleErrors passes the errors that reach otel.Handle to f until the test ends.
func handleErrors(t testing.TB, f func(error)) {
	t.Helper()
	before := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(f))
	t.Cleanup(func() { otel.SetErrorHandler(before) })
}

// failing returns an exporter that fails each Export with the error.
func failing(err error, opts ...exportertest.Option) *exportertest.Exporter {
	return exportertest.New(append(opts, exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
		return err
	}))...)
}

// failingEachTime returns an exporter whose errors wrap err, and have different texts.
func failingEachTime(err error) *exportertest.Exporter {
	var n atomic.Int64
	return exportertest.New(exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
		return fmt.Errorf("%w, number %d", err, n.Add(1))
	}))
}

// Every failure is reported to otel.Handle, and neither on the goroutine that logs nor on
// one that flushes, shuts down or exports: the handler may do what it likes.
func TestErrorsAreReportedOnAGoroutineOfTheirOwn(t *testing.T) {
	refused := errors.New("refused")
	for _, tc := range []struct {
		name string
		opts []Option
		fail func(p *Processor, e *exportertest.Exporter)
		want error
	}{
		{"export", nil, func(_ *Processor, e *exportertest.Exporter) { e.FailNext(1, refused) }, refused},
		{"export, synchronous", []Option{WithSynchronous()}, func(_ *Processor, e *exportertest.Exporter) { e.FailNext(1, refused) }, refused},
		{"panic", nil, func(_ *Processor, e *exportertest.Exporter) { e.PanicNext(1, refused) }, usercode.ErrPanic},
		{"panic with a hostile value", nil, func(_ *Processor, e *exportertest.Exporter) { e.PanicNext(1, unprintable{}) }, usercode.ErrPanic},
		{"panic, synchronous", []Option{WithSynchronous()}, func(_ *Processor, e *exportertest.Exporter) { e.PanicNext(1, refused) }, usercode.ErrPanic},
		{"partial success", nil, func(_ *Processor, e *exportertest.Exporter) {
			e.FailNext(1, errors.Join(errortest.PartialSuccess{ErrorMessage: "quota"}, nil))
		}, errortest.PartialSuccess{ErrorMessage: "quota"}},
		{
			"fallback",
			[]Option{WithFallback(writerFunc(func([]byte) (int, error) { return 0, refused }))},
			func(p *Processor, _ *exportertest.Exporter) {
				_ = p.Shutdown(context.Background())
				emit(p, log.SeverityFatal, "late")
			}, refused,
		},
		{
			"drop hook",
			[]Option{WithDropHook(func(Drop) { panic("hook") })},
			func(p *Processor, _ *exportertest.Exporter) {
				_ = p.Shutdown(context.Background())
				emit(p, log.SeverityInfo, "late")
			}, usercode.ErrPanic,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var got []error
				var stacks strings.Builder
				handleErrors(t, func(err error) {
					mu.Lock()
					defer mu.Unlock()
					got = append(got, err)
					buf := make([]byte, 1<<16)
					stacks.Write(buf[:runtime.Stack(buf, false)])
				})
				e := exportertest.New()
				p := start(t, e, append([]Option{WithFallback(nil)}, tc.opts...)...)
				tc.fail(p, e)
				emit(p, log.SeverityInfo, "x")
				_ = p.ForceFlush(t.Context())
				time.Sleep(time.Second) // the drop hook may be called twice
				synctest.Wait()

				if len(got) == 0 || len(got) > 2 || !errors.Is(got[0], tc.want) {
					t.Errorf("reported %v, want %v", got, tc.want)
				}
				for _, busy := range []string{"OnEmit", "ForceFlush", "Shutdown", "(*worker)", "(*fallback)", "(*dropHook)"} {
					if strings.Contains(stacks.String(), busy) {
						t.Errorf("reported under %s:\n%s", busy, &stacks)
					}
				}
			})
		})
	}
}

func TestSuccessIsNotReported(t *testing.T) {
	errs := captureErrors(t)
	p := start(t, exportertest.New())
	emit(p, log.SeverityError, bodyRange(0, 2000)...)
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if got := errs.all(); len(got) != 0 {
		t.Errorf("reported %v", got)
	}
}

// A flood of errors makes ten reports, and then one each ten seconds, which contains the
// number of suppressed errors: none is lost. Quiet times are saved up, for ten reports at
// most.
func TestReportsAreLimitedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errs := captureErrors(t)
		refused := errors.New("refused")
		p := start(t, failingEachTime(refused), once, WithFallback(nil), WithExportMaxBatchSize(1))
		fail := func(n int) {
			for range n {
				emit(p, log.SeverityInfo, "x")
				synctest.Wait()
			}
		}
		wantReports := func(reports, counted int) {
			t.Helper()
			got := errs.matching(refused)
			if len(got) != len(errs.all()) {
				t.Errorf("errors.Is does not find %v in %v", refused, errs.all())
			}
			sum := len(got)
			for _, err := range got {
				sum += moreErrors(err)
			}
			if len(got) != reports || sum != counted {
				t.Errorf("after %v: %d reports of %d errors, want %d of %d", time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)), len(got), sum, reports, counted)
			}
		}
		fail(9)
		wantReports(9, 9)
		fail(1)
		wantReports(10, 10)
		fail(90)
		wantReports(10, 10)
		time.Sleep(report.Interval - time.Millisecond)
		fail(1)
		wantReports(10, 10)
		time.Sleep(time.Millisecond)
		fail(1) // reports the 91 before
		wantReports(11, 102)
		fail(1)
		wantReports(11, 102)

		time.Sleep(3*report.Interval + report.Interval/2)
		fail(5) // three tokens, of which the first reports one more
		wantReports(14, 106)

		time.Sleep(24 * time.Hour)
		fail(20)
		wantReports(24, 118) // the two from before, and ten

		// One each ten seconds, without end.
		for range 1000 {
			time.Sleep(time.Second)
			fail(1)
		}
		if got := len(errs.all()); got < 24+99 || got > 24+101 {
			t.Errorf("%d reports in 1000 seconds, want 100", got-24)
		}
	})
}

var moreErrorsText = regexp.MustCompile(`\(and (\d+) more errors? since the last report\)$`)

// moreErrors returns the number of suppressed errors that this one reports.
func moreErrors(err error) int {
	m := moreErrorsText.FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// An error's text may end the goroutine that asks for it, at any time: the batch is
// completed, or exported by the next attempt.
func TestErrorWhoseTextEndsTheGoroutine(t *testing.T) {
	for reads := range 12 {
		synctest.Test(t, func(t *testing.T) {
			captureErrors(t)
			e := exportertest.New()
			e.FailNext(1, &moody{reads: int32(reads)})
			p := start(t, e)
			emit(p, log.SeverityInfo, "x")
			time.Sleep(time.Minute)
			if s := p.Stats(); s.InFlight != 0 || s.Queued != 0 {
				t.Errorf("when its text can be had %d times: %+v", reads, s)
			}
		})
	}
}

// moody is an error whose text can be read a limited number of times.
type moody struct {
	reads int32
	read  atomic.Int32
}

func (e *moody) Error() string {
	if e.read.Add(1) > e.reads {
		runtime.Goexit()
	}
	return "refused"
}

func TestReportsConcurrentSafe(t *testing.T) {
	errs := captureErrors(t)
	more := make([]sdklog.Exporter, 7)
	for i := range more {
		more[i] = failingEachTime(fmt.Errorf("exporter %d", i+1))
	}
	p := start(t, failingEachTime(errors.New("exporter 0")), WithExporters(more...), WithFallback(nil), WithExportMaxBatchSize(1))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { emit(p, log.SeverityInfo, bodyRange(0, 500)...) })
	}
	wg.Wait()
	_ = p.ForceFlush(t.Context())
	_ = p.Shutdown(t.Context())
	if got := len(errs.all()); got != report.Burst {
		t.Errorf("%d reports, want %d", got, report.Burst)
	}
}

// Readers of the error must see which exporter it is from, and whether the records are
// lost.
func TestReportedErrorsNameTheExporter(t *testing.T) {
	for _, tc := range []struct {
		name string
		opts []Option
		err  error
		want []string
	}{
		{"tried again", nil, errors.New("no space"), []string{
			"asynclog: export to *exportertest.Exporter failed, to be tried again: no space",
			"asynclog: export to *exportertest.Exporter failed: no space",
		}},
		{"the last attempt", []Option{WithRetry(RetryConfig{Disabled: true})}, errors.New("no space"), []string{
			"asynclog: export to *exportertest.Exporter failed: no space",
		}},
		{"synchronous", []Option{WithSynchronous()}, errors.New("no space"), []string{
			"asynclog: export to *exportertest.Exporter failed: no space",
		}},
		{"partial success", nil, errortest.PartialSuccess{ErrorMessage: "quota", RejectedItems: 1}, []string{
			"asynclog: export to *exportertest.Exporter: " + errortest.PartialSuccess{ErrorMessage: "quota", RejectedItems: 1}.Error(),
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var got []string
				handleErrors(t, func(err error) {
					mu.Lock()
					defer mu.Unlock()
					got = append(got, err.Error())
				})
				p := start(t, failing(tc.err), tc.opts...)
				emit(p, log.SeverityInfo, "one")
				_ = p.ForceFlush(t.Context())
				_ = p.Shutdown(t.Context())
				synctest.Wait()
				mu.Lock()
				defer mu.Unlock()
				if !slices.Equal(got, tc.want) {
					t.Errorf("reported %q, want %q", got, tc.want)
				}
			})
		})
	}
}
