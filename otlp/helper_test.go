package otlp_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/log"
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
	lp.Logger("test").Emit(context.Background(), log.Record{})
	r := p.records[0]
	if change != nil {
		change(&r)
	}
	return r
}
