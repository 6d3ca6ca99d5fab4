package processor

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// unprintable panics with itself when fmt asks for its text, which makes fmt panic.
type unprintable struct{}

func (unprintable) Error() string { panic(unprintable{}) }

func TestNewOutcome(t *testing.T) {
	var (
		refused  = errors.New("connection refused")
		rejects  = func(n int) outcome { return outcome{rejected: n} }
		fails    = func(why reason) outcome { return outcome{failed: true, why: why} }
		exported = outcome{}
		leafText = errors.New("OTLP partial success: quota exceeded (3 logs rejected)")
	)
	const batch = 10
	for _, tc := range []struct {
		name       string
		err        error
		alive      outcome // while the export's context is alive
		afterwards outcome // after it has ended
	}{
		{"nil", nil, exported, exported},
		{"error", refused, fails(exportFailed), fails(exportTimeout)},
		{"its own deadline", fmt.Errorf("post: %w", context.DeadlineExceeded), fails(exportTimeout), fails(exportTimeout)},
		{"somebody else's cancellation", context.Canceled, fails(exportFailed), fails(exportTimeout)},
		{"after shutdown", sdklog.ErrExporterShutdown, fails(exportFailed), fails(exportTimeout)},
		{"panic", usercode.PanicError("Export", "boom"), fails(exportPanic), fails(exportPanic)},
		{"panic with an error", usercode.PanicError("Export", errortest.Partial(3, "x")), fails(exportPanic), fails(exportPanic)},

		{"none rejected", errortest.Partial(0, "deprecated endpoint"), rejects(0), rejects(0)},
		{"some rejected", errortest.Partial(3, "quota exceeded"), rejects(3), rejects(3)},
		{"all rejected", errortest.Partial(batch, ""), rejects(batch), rejects(batch)},
		{"more rejected than sent", errortest.Partial(batch+1, ""), rejects(batch), rejects(batch)},
		{"absurdly many rejected", errortest.Partial(1<<62, ""), rejects(batch), rejects(batch)},
		{"fewer than none rejected", errortest.Partial(-3, ""), rejects(0), rejects(0)},
		{"message of several lines", errortest.Partial(3, "quota\n(5 logs rejected)\nexceeded"), rejects(3), rejects(3)},
		{"absurdly many rejected, twice", errors.Join(errortest.Partial(1<<62, ""), errortest.Partial(1<<62, "")), rejects(batch), rejects(batch)},
		{"not joined", errortest.PartialSuccess{RejectedItems: 4}, rejects(4), rejects(4)},
		{"a pointer", &errortest.PartialSuccess{RejectedItems: 4}, rejects(4), rejects(4)},
		{"wrapped", fmt.Errorf("exporter 3: %w", errortest.Partial(4, "")), rejects(4), rejects(4)},
		{"of two requests", errors.Join(errortest.Partial(1, "a"), errortest.Partial(2, "b")), rejects(3), rejects(3)},
		{"of two requests, more than sent", errors.Join(errortest.Partial(7, "a"), errortest.Partial(8, "b")), rejects(batch), rejects(batch)},

		{"only the text", leafText, rejects(3), rejects(3)},
		{"only the text, absurdly many", errors.New("OTLP partial success: x (99999999999999999999 logs rejected)"), rejects(batch), rejects(batch)},
		{"the text, joined", errors.Join(nil, leafText), rejects(3), rejects(3)},
		{"the text, of two requests", errors.Join(leafText, leafText), rejects(6), rejects(6)},

		{"joined with a failure", errors.Join(refused, errortest.Partial(3, "")), fails(exportFailed), fails(exportTimeout)},
		{"joined with a later failure", errors.Join(errortest.Partial(3, ""), refused), fails(exportFailed), fails(exportTimeout)},
		{"a failure between", errors.Join(errortest.Partial(3, ""), refused, errortest.Partial(4, "")), fails(exportFailed), fails(exportTimeout)},
		{"joined with a timeout", errors.Join(errortest.Partial(3, ""), context.DeadlineExceeded), fails(exportTimeout), fails(exportTimeout)},
		{"joined with a panic", errors.Join(errortest.Partial(3, ""), usercode.PanicError("Export", "boom")), fails(exportPanic), fails(exportPanic)},

		{
			"the text in the body of a failure",
			errors.New(`failed to send logs to http://c/v1/logs: 400 Bad Request (body: OTLP partial success: no (3 logs rejected))`),
			fails(exportFailed), fails(exportTimeout),
		},
		{
			"the text at the end of a failure",
			errors.New("500 Internal Server Error: OTLP partial success: no (3 logs rejected)"),
			fails(exportFailed), fails(exportTimeout),
		},
		{
			"the text at the start of a failure",
			errors.New("OTLP partial success: no (3 logs rejected), then 503 Service Unavailable"),
			fails(exportFailed), fails(exportTimeout),
		},
		{
			"the text of other signals",
			errors.New("OTLP partial success: no (3 spans rejected)"),
			fails(exportFailed), fails(exportTimeout),
		},
		{"an empty list of errors", errortest.Many{}, fails(exportFailed), fails(exportTimeout)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ended, cancel := context.WithCancel(context.Background())
			cancel()
			late, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
			defer cancel()
			for ctxName, c := range map[string]struct {
				ctx  context.Context
				want outcome
			}{
				"alive":     {context.Background(), tc.alive},
				"cancelled": {ended, tc.afterwards},
				"timed out": {late, tc.afterwards},
			} {
				got := newOutcome(c.ctx, tc.err, batch)
				if fmt.Sprint(got.err) != fmt.Sprint(tc.err) {
					t.Errorf("%s: reports %v, want %v", ctxName, got.err, tc.err)
				}
				if got.err = nil; got != c.want {
					t.Errorf("%s: %+v, want %+v", ctxName, got, c.want)
				}
			}
		})
	}
}

// exporterFunc is an exporter that consists of its Export.
type exporterFunc struct {
	discard
	export func(context.Context, []sdklog.Record) error
}

func (f *exporterFunc) Export(ctx context.Context, records []sdklog.Record) error {
	return f.export(ctx, records)
}

func TestErrorThatPanicsWhenLookedAtIsContained(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			errs := captureErrors(t)
			fail := true
			e := &exporterFunc{export: func(context.Context, []sdklog.Record) error {
				if !fail {
					return nil
				}
				fail = false
				var err *errortest.TypedNil
				return err
			}}
			p := start(t, e, append(opts, WithFallback(nil))...)
			emit(p, log.SeverityInfo, "a")
			_ = p.ForceFlush(t.Context())
			emit(p, log.SeverityInfo, "b")
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
			wantDropped(t, p, Drop{ReasonExportPanic, log.SeverityInfo, 1})
			s := p.Stats()
			if x := s.Exporters[0]; s.Exported != 1 || x.Failures != 1 || x.LastError == "" {
				t.Errorf("%+v, want one exported after one failure", s)
			}
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if got := errs.matching(usercode.ErrPanic); len(got) != 1 {
				t.Errorf("reported %v, want one panic", errs.all())
			}
		})
	}
}
