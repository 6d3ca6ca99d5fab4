package report

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// handleErrors passes the errors that reach otel.Handle to f until the test ends.
func handleErrors(t *testing.T, f func(error)) {
	t.Helper()
	before := otel.GetErrorHandler()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(f))
	t.Cleanup(func() { otel.SetErrorHandler(before) })
}

// captureErrors returns a function that returns the texts of the errors that have reached
// otel.Handle.
func captureErrors(t *testing.T) (texts func() []string) {
	t.Helper()
	var mu sync.Mutex
	var all []string
	handleErrors(t, func(err error) {
		text := err.Error()
		mu.Lock()
		defer mu.Unlock()
		all = append(all, text)
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

func TestReportsAreLimitedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		texts := captureErrors(t)
		var r Reporter
		r.Report(nil)
		for i := range Burst + 3 {
			r.Report(fmt.Errorf("refused %d", i))
			synctest.Wait()
		}
		if got := len(texts()); got != Burst {
			t.Fatalf("%d reports, want %d", got, Burst)
		}
		time.Sleep(Interval)
		r.Report(errors.New("refused"))
		r.Report(errors.New("also refused"))
		synctest.Wait()
		if got, want := texts()[Burst], "refused (and 3 more errors since the last report)"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		time.Sleep(Interval)
		r.Report(errors.New("refused again"))
		synctest.Wait()
		if got, want := texts()[Burst+1], "refused again (and 1 more error since the last report)"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// talkative is an error that reports another one when its text is read.
type talkative struct{ r *Reporter }

func (e talkative) Error() string {
	e.r.Report(errors.New("read"))
	return "talkative"
}

// An error's text is the exporter's code: it may log, which may cause another report.
func TestErrorWhoseTextIsAReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		texts := captureErrors(t)
		var r Reporter
		for i := range Burst + 1 { // the last one is suppressed, so the next one contains it
			r.Report(fmt.Errorf("refused %d", i))
			synctest.Wait()
		}
		time.Sleep(Interval)
		r.Report(talkative{&r})
		synctest.Wait()
		var got []string
		for _, text := range texts() {
			if strings.HasPrefix(text, "talkative") {
				got = append(got, text)
			}
		}
		if len(got) != 1 || got[0] != "talkative (and 1 more error since the last report)" {
			t.Errorf("reported %q, want it once, and with one more", got)
		}
	})
}

// A handler that panics, or ends its goroutine, gets the next error all the same.
func TestHandlerThatDoesNotReturnNormally(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		handleErrors(t, func(err error) {
			calls++
			if strings.HasPrefix(err.Error(), "panic") {
				panic(err)
			}
			runtime.Goexit()
		})
		var r Reporter
		for _, text := range []string{"panic", "end", "panic again", "end again"} {
			r.Report(errors.New(text))
		}
		r.Finish(t.Context())
		if calls != 4 {
			t.Errorf("%d calls, want 4", calls)
		}
	})
}

func TestFinishWaitsForALimitedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		handleErrors(t, func(error) { <-release })
		var r Reporter
		r.Finish(t.Context()) // nothing to wait for
		r.Report(errors.New("refused"))
		begun := time.Now()
		r.Finish(context.Background())
		if took, want := time.Since(begun), usercode.CallbackTimeout+usercode.CancelTimeout; took != want {
			t.Errorf("waited %v, want %v", took, want)
		}
		close(release)
		r.Finish(context.Background())
		if took := time.Since(begun); took != usercode.CallbackTimeout+usercode.CancelTimeout {
			t.Errorf("waited %v for a handler that has returned", took)
		}
	})
}
