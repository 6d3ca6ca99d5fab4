package processor

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// chatty is an exporter that logs in each call, with the context of the call, as an
// instrumented HTTP client in it would.
type chatty struct {
	*exportertest.Exporter
	logger log.Logger
}

func (c *chatty) say(ctx context.Context, what string) {
	var r log.Record
	r.SetSeverity(log.SeverityError)
	r.SetBody(attribute.StringValue(what))
	c.logger.Emit(ctx, r)
}

func (c *chatty) Export(ctx context.Context, records []sdklog.Record) error {
	c.say(ctx, "exporting")
	derived, cancel := context.WithTimeout(context.WithValue(ctx, exporterKey{}, 1), time.Minute)
	defer cancel()
	if c.logger.Enabled(derived, log.EnabledParameters{Severity: log.SeverityError}) {
		return errors.New("enabled for what an exporter logs")
	}
	c.say(derived, "exporting, with a derived context")
	return c.Exporter.Export(ctx, records)
}

func (c *chatty) ForceFlush(ctx context.Context) error {
	c.say(ctx, "flushing")
	return c.Exporter.ForceFlush(ctx)
}

func (c *chatty) Shutdown(ctx context.Context) error {
	c.say(ctx, "shutting down") // the provider refuses it before the processor gets it
	return c.Exporter.Shutdown(ctx)
}

type exporterKey struct{}

func TestWhatAnExporterLogsIsFiltered(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			e := &chatty{Exporter: exportertest.New()}
			p := start(t, e, append(opts, WithExportMaxBatchSize(1), WithFallback(nil))...)
			provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
			e.logger = provider.Logger("chatty")

			logger := provider.Logger("application")
			for _, text := range []string{"a", "b", "c"} {
				var r log.Record
				r.SetSeverity(log.SeverityInfo)
				r.SetBody(attribute.StringValue(text))
				logger.Emit(t.Context(), r)
			}
			if err := provider.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
			wantBodies(t, e.Exporter, []string{"a", "b", "c"})
			if s := p.Stats(); s.Emitted != 10 || s.Filtered != 7 || s.Exported != 3 {
				t.Errorf("%+v, want 3 exported, and of two lines an export and one a flush 7 filtered", s)
			}
			if err := provider.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// Records that an exporter logs without the context that it was given look like any other
// record; they must at least not block the exporter.
func TestWhatAnExporterLogsWithoutItsContextIsTaken(t *testing.T) {
	var p *Processor
	e := exportertest.New(exportertest.WithFunc(func(_ context.Context, records []sdklog.Record) error {
		if records[0].Severity() == log.SeverityInfo {
			emit(p, log.SeverityDebug, "exporting")
		}
		return nil
	}))
	p = start(t, e)
	emit(p, log.SeverityInfo, "a")
	for range 2 { // the second flush is for what the first one has caused
		if err := p.ForceFlush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	wantBodies(t, e, []string{"a", "exporting"})
}

func TestProcessorInALoggerProvider(t *testing.T) {
	e := exportertest.New()
	p := start(t, e, WithMinSeverity(fixed(log.SeverityInfo)))
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	logger := provider.Logger("scope")

	for _, tc := range []struct {
		severity log.Severity
		enabled  bool
	}{{log.SeverityDebug, false}, {log.SeverityInfo, true}, {log.SeverityUndefined, true}} {
		if got := logger.Enabled(t.Context(), log.EnabledParameters{Severity: tc.severity}); got != tc.enabled {
			t.Errorf("enabled for %v: %t, want %t", tc.severity, got, tc.enabled)
		}
		var r log.Record
		r.SetSeverity(tc.severity)
		r.SetBody(attribute.StringValue(tc.severity.String()))
		r.AddAttributes(attribute.Int("n", 7))
		logger.Emit(t.Context(), r)
	}
	if err := provider.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	wantBodies(t, e, []string{log.SeverityInfo.String(), log.SeverityUndefined.String()})
	for _, r := range e.Records() {
		if r.InstrumentationScope().Name != "scope" || r.AttributesLen() != 1 || r.Resource() == nil || r.ObservedTimestamp().IsZero() {
			t.Errorf("the record lost its scope, resource, time or attributes: %+v", r)
		}
	}
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if got := e.Shutdowns(); got != 1 {
		t.Errorf("%d shutdowns of the exporter, want 1", got)
	}
	logger.Emit(t.Context(), log.Record{})
	if s := p.Stats(); s.Emitted != 3 || s.Filtered != 1 || s.Exported != 2 {
		t.Errorf("%+v, want 3 emitted, 1 filtered, 2 exported", s)
	}
}

// Two processors of one provider get the same record; neither may see changes by the
// other.
func TestProcessorBehindOneThatChangesRecords(t *testing.T) {
	first, second := exportertest.New(), exportertest.New()
	p1, p2 := start(t, first), start(t, second)
	provider := sdklog.NewLoggerProvider(
		sdklog.WithProcessor(p1),
		sdklog.WithProcessor(defacer{}),
		sdklog.WithProcessor(p2),
	)
	var r log.Record
	r.SetBody(attribute.StringValue("original"))
	provider.Logger("scope").Emit(t.Context(), r)
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	wantBodies(t, first, []string{"original"})
	wantBodies(t, second, []string{"defaced"})
}

type defacer struct{ sdklog.Processor }

func (defacer) OnEmit(_ context.Context, r *sdklog.Record) error {
	deface(r)
	return nil
}
func (defacer) Shutdown(context.Context) error { return nil }
