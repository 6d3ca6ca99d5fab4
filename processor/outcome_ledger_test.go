package processor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// A batch is committed as a whole in one step: what was rejected under the severity if it
// is known, the others as exported, and what can be saved is saved.
func TestPartialSuccessInTheLedger(t *testing.T) {
	const (
		unspecified = log.SeverityUndefined
		info        = log.SeverityInfo
		warn        = log.SeverityWarn
		bad         = log.SeverityError
	)
	for _, tc := range []struct {
		name     string
		batch    []log.Severity
		rejected int64
		exported uint64
		fallback uint64
		dropped  []Drop
	}{
		{"a warning", []log.Severity{info, bad, warn}, 0, 3, 0, nil},
		{"some of one severity", []log.Severity{info, info, info}, 2, 1, 0, []Drop{{ReasonRejected, info, 2}}},
		{"some of one range", []log.Severity{info, log.SeverityInfo4}, 1, 1, 0, []Drop{{ReasonRejected, info, 1}}},
		{"some of which is unknown", []log.Severity{info, warn, info}, 1, 2, 0, []Drop{{ReasonRejected, unspecified, 1}}},
		{"the last differs", []log.Severity{info, info, warn}, 1, 2, 0, []Drop{{ReasonRejected, unspecified, 1}}},
		{"all", []log.Severity{info, warn, info}, 3, 0, 0, []Drop{{ReasonRejected, info, 2}, {ReasonRejected, warn, 1}}},
		{"more than were sent", []log.Severity{info, warn}, 7, 0, 0, []Drop{{ReasonRejected, info, 1}, {ReasonRejected, warn, 1}}},
		{"all, critical among them", []log.Severity{info, bad, log.SeverityFatal}, 3, 0, 2, []Drop{{ReasonRejected, info, 1}}},
		// It is not known which, and writing all of them would write some twice.
		{"some of the critical", []log.Severity{bad, bad, bad}, 1, 2, 0, []Drop{{ReasonRejected, bad, 1}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			errs := captureErrors(t)
			var lines strings.Builder
			e := exportertest.New()
			answer := errortest.Partial(tc.rejected, "quota")
			e.FailNext(1, nil)
			e.FailNext(1, answer)
			release := e.Block()
			p := start(t, e, WithFallback(&lines), WithExportMaxBatchSize(len(tc.batch)),
				WithExportInterval(time.Hour), WithCriticalSeverity(log.SeverityError))
			// While the exporter is blocked with another batch nothing splits this one,
			// not even a critical record in it, which is exported at once otherwise.
			emit(p, log.SeverityTrace, "first")
			p.ExportNow()
			if err := e.WaitEntered(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			for _, s := range tc.batch {
				emit(p, s, "x")
			}
			release()
			// The full batch may have been exported before the flush begins.
			if err := p.ForceFlush(t.Context()); err != nil && !errors.Is(err, answer) {
				t.Errorf("flush returns %v, want %v", err, answer)
			}
			s := p.Stats()
			if s.Exported != 1+tc.exported || s.Fallback != tc.fallback {
				t.Errorf("%d exported, %d to the fallback, want %d and %d", s.Exported, s.Fallback, 1+tc.exported, tc.fallback)
			}
			wantDropped(t, p, tc.dropped...)
			if x := s.Exporters[0]; x.Failing || x.Failures != 0 || x.Exported != 1+tc.exported || x.LastError != answer.Error() {
				t.Errorf("%+v, want a success with a remark", x)
			}
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if got := errs.matching(answer); len(got) != 1 {
				t.Errorf("reported %v, want it once", errs.all())
			}
			if got := strings.Count(lines.String(), "\n"); got != int(tc.fallback) {
				t.Errorf("%d lines written, want %d", got, tc.fallback)
			}
		})
	}
}

func TestExportedHoweverLate(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				errs := captureErrors(t)
				e := exportertest.New(exportertest.WithDeafness(), exportertest.WithDelay(time.Hour))
				p := start(t, e, append(opts, WithExportTimeout(time.Second))...)
				emit(p, log.SeverityInfo, "a")
				if err := p.ForceFlush(t.Context()); err != nil {
					t.Error(err)
				}
				s := p.Stats()
				if s.Exported != 1 || len(s.Dropped) != 0 || s.Exporters[0].Failures != 0 || s.Exporters[0].Duration != time.Hour {
					t.Errorf("%+v, want one exported in an hour", s)
				}
				if got := errs.all(); len(got) != 0 {
					t.Errorf("reported %v", got)
				}
			})
		})
	}
}

func TestExportThatTheTimeoutEndsIsNotKnownToBeLost(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				errs := captureErrors(t)
				e := exportertest.New(exportertest.WithDelay(time.Hour))
				p := start(t, e, append(opts, once, WithExportTimeout(7*time.Second), WithExportInterval(time.Second))...)
				begun := time.Now()
				emit(p, log.SeverityWarn, "a")
				err := p.ForceFlush(t.Context())
				if got := time.Since(begun); got != 7*time.Second {
					t.Errorf("the export ended after %v, want 7s", got)
				}
				if name == "queue" && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("flush returns %v", err)
				}
				wantDropped(t, p, Drop{ReasonExportTimeout, log.SeverityWarn, 1})
				synctest.Wait()
				if got := errs.matching(context.DeadlineExceeded); len(got) != 1 {
					t.Errorf("reported %v, want the timeout once", errs.all())
				}
				if x := p.Stats().Exporters[0]; !x.Failing || x.Exports != 1 || x.Failures != 1 || x.LastError != context.DeadlineExceeded.Error() {
					t.Errorf("%+v, want a failure", x)
				}

				e.SetDelay(0)
				emit(p, log.SeverityWarn, "b")
				if err := p.ForceFlush(t.Context()); err != nil {
					t.Error(err)
				}
				if x := p.Stats().Exporters[0]; x.Failing || x.Exports != 2 || x.Failures != 1 || x.Exported != 1 {
					t.Errorf("%+v, want it recovered", x)
				}
			})
		})
	}
}

// An exporter that returns at the end of its context does so within the CancelTimeout:
// its batch may have arrived, and what was still queued is known to be lost.
func TestExportThatShutdownCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New(exportertest.WithDelay(time.Hour))
		p := start(t, e, WithExportMaxBatchSize(2), WithExportTimeout(24*time.Hour), WithFallback(nil))
		emit(p, log.SeverityInfo, "a")
		emit(p, log.SeverityWarn, "b", "c")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		err := p.Shutdown(ctx)
		if got := time.Since(begun); got != time.Minute {
			t.Errorf("shutdown took %v, want 1m0s: the exporter comes back at once", got)
		}
		want := []Drop{
			{ReasonExportTimeout, log.SeverityInfo, 1},
			{ReasonExportTimeout, log.SeverityWarn, 1},
			{ReasonShutdownTimeout, log.SeverityWarn, 1},
		}
		wantDropped(t, p, want...)
		var lost *ShutdownError
		if !errors.As(err, &lost) || lost.Total() != 3 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("shutdown returns %v, want 3 records lost", err)
		}
	})
}

// An exporter that ignores the end of its context may deliver in the end; by then the
// batch is committed, and that does not change.
func TestExportLongerThanShutdownIsCommittedOnce(t *testing.T) {
	for name, opts := range modes {
		for late, answer := range map[string]error{"success": nil, "failure": errors.New("late")} {
			t.Run(name+"/"+late, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					captureErrors(t)
					var lines strings.Builder
					e := exportertest.New(exportertest.WithDeafness(), exportertest.WithDelay(time.Hour))
					e.FailNext(1, answer)
					p := start(t, e, append(opts, WithFallback(&lines))...)
					for _, s := range []log.Severity{log.SeverityInfo, log.SeverityError} {
						go emit(p, s, s.String()) // synchronous ones wait for each other
						synctest.Wait()
					}
					p.ExportNow()
					synctest.Wait()

					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					begun := time.Now()
					_ = p.Shutdown(ctx)
					if got := time.Since(begun); got < time.Minute || got > time.Minute+3*usercode.CancelTimeout {
						t.Errorf("shutdown took %v, want one minute and a CancelTimeout or two", got)
					}
					synctest.Wait()
					committed := p.Stats()
					if committed.Fallback != 1 || committed.DroppedTotal() != 1 || committed.Exported != 0 || committed.InFlight != 0 {
						t.Errorf("%+v, want the critical record saved, the other dropped", committed)
					}
					if !strings.Contains(lines.String(), `"Value":"ERROR"`) {
						t.Errorf("written: %q", lines.String())
					}

					time.Sleep(2 * time.Hour)
					now := p.Stats()
					if now.Exported != 0 || now.Fallback != 1 || now.DroppedTotal() != 1 || !now.Balanced() {
						t.Errorf("%+v after the exporter came back, want what it was", now)
					}
				})
			})
		}
	}
}
