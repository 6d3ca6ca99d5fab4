package otlp_test

import (
	"context"
	"log"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	otellog "go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// recorder is a processor that keeps what is emitted.
type recorder struct{ records []sdklog.Record }

func (p *recorder) OnEmit(_ context.Context, r *sdklog.Record) error {
	p.records = append(p.records, r.Clone())
	return nil
}
func (*recorder) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (*recorder) Shutdown(context.Context) error                         { return nil }
func (*recorder) ForceFlush(context.Context) error                       { return nil }

// newRecord returns a record as a provider makes it. change, which may be nil, is
// called with it.
func newRecord(tb testing.TB, change func(*sdklog.Record), opts ...sdklog.LoggerProviderOption) sdklog.Record {
	tb.Helper()
	var p recorder
	lp := sdklog.NewLoggerProvider(append(opts, sdklog.WithProcessor(&p))...)
	lp.Logger("test").Emit(context.Background(), otellog.Record{})
	r := p.records[0]
	if change != nil {
		change(&r)
	}
	return r
}

// handleErrors returns what is reported to the global error handler during the test.
func handleErrors(t *testing.T) <-chan error {
	t.Helper()
	reports := make(chan error, 100)
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { reports <- err }))
	t.Cleanup(func() {
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Print(err) }))
	})
	return reports
}

// exampleRecord is the record of the examples.
func exampleRecord() sdklog.Record {
	var p recorder
	var r otellog.Record
	r.SetTimestamp(time.Unix(1_700_000_000, 0).UTC())
	r.SetSeverity(otellog.SeverityInfo)
	r.SetSeverityText("INFO")
	r.SetBody(attribute.StringValue("order placed"))
	r.AddAttributes(attribute.Int("id", 17), attribute.StringSlice("items", []string{"tea", "cup"}))
	sdklog.NewLoggerProvider(sdklog.WithProcessor(&p)).Logger("orders").Emit(context.Background(), r)
	return p.records[0]
}
