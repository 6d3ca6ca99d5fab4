package exportertest

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// scopeName is the instrumentation scope of the records made here.
const scopeName = "github.com/krunchwrapper/asynclog/internal/exportertest"

// template is an empty record as the SDK makes them. A zero [sdklog.Record] would not
// do: its attribute limit of zero drops every attribute set on it. The template is
// made when the program starts, because its first use may be inside a synctest
// bubble, where nothing that is shared with code outside should be made.
var template = newTemplate()

// Record returns a record as an SDK logger hands it to a processor: with severity,
// body and attributes, Timestamp and ObservedTimestamp both now, a resource and a
// scope, no trace, and no attribute limits. The caller owns it. Record is safe for
// concurrent use.
func Record(severity log.Severity, body string, attrs ...attribute.KeyValue) sdklog.Record {
	now := time.Now()
	r := template.Clone()
	r.SetTimestamp(now)
	r.SetObservedTimestamp(now)
	r.SetSeverity(severity)
	r.SetBody(attribute.StringValue(body))
	r.SetAttributes(attrs...)
	return r
}

func newTemplate() sdklog.Record {
	var t capture
	p := sdklog.NewLoggerProvider(
		sdklog.WithProcessor(&t),
		// Explicit, so that the variables of the environment do not apply.
		sdklog.WithAttributeCountLimit(-1),
		sdklog.WithAttributeValueLengthLimit(-1),
	)
	p.Logger(scopeName).Emit(context.Background(), log.Record{})
	return t.record
}

// capture is a processor that keeps the last record.
type capture struct{ record sdklog.Record }

func (*capture) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }

func (c *capture) OnEmit(_ context.Context, r *sdklog.Record) error {
	c.record = r.Clone()
	return nil
}

func (*capture) ForceFlush(context.Context) error { return nil }

func (*capture) Shutdown(context.Context) error { return nil }

func cloneRecords(records []sdklog.Record) []sdklog.Record {
	out := make([]sdklog.Record, len(records))
	for i := range records {
		out[i] = records[i].Clone()
	}
	return out
}

// sameRecords reports whether both slices hold the same records. It compares the
// fields that differ between any two records of a test: comparing whole records would
// take longer than the test.
func sameRecords(a, b []sdklog.Record) bool {
	for i := range a {
		x, y := &a[i], &b[i]
		if !x.ObservedTimestamp().Equal(y.ObservedTimestamp()) ||
			x.Severity() != y.Severity() ||
			x.AttributesLen() != y.AttributesLen() ||
			x.Body() != y.Body() {
			return false
		}
	}
	return true
}
