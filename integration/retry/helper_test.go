package retry

import (
	"context"
	"io"
	stdlog "log"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor"
)

// broken is a text that protobuf cannot encode.
const broken = "not \xff UTF-8"

var quiet = stdlog.New(io.Discard, "", 0)

// keeper keeps the records that a provider makes.
type keeper struct{ records []sdklog.Record }

func (*keeper) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (*keeper) ForceFlush(context.Context) error                       { return nil }
func (*keeper) Shutdown(context.Context) error                         { return nil }
func (k *keeper) OnEmit(_ context.Context, r *sdklog.Record) error {
	k.records = append(k.records, r.Clone())
	return nil
}

// records returns a record for each body.
func records(bodies ...string) []sdklog.Record {
	var k keeper
	emit(sdklog.NewLoggerProvider(sdklog.WithProcessor(&k)).Logger("retry"), bodies...)
	return k.records
}

func emit(l log.Logger, bodies ...string) {
	for _, b := range bodies {
		var r log.Record
		r.SetSeverity(log.SeverityInfo)
		r.SetTimestamp(time.Now())
		r.SetBody(attribute.StringValue(b))
		l.Emit(context.Background(), r)
	}
}

// wantClass exports the records, which must fail, and checks what the error means.
func wantClass(t *testing.T, e sdklog.Exporter, records []sdklog.Record, want processor.Class) {
	t.Helper()
	err := e.Export(t.Context(), records)
	if err == nil {
		t.Fatal("the export succeeded")
	}
	if got := processor.Classify(err); got != want {
		t.Errorf("%v: %q (%T)\nwant %v", got, err, err, want)
	}
}

// start returns a processor and a logger for it. The processor is shut down when the
// test ends, and its books are checked.
func start(t *testing.T, e sdklog.Exporter, opts ...processor.Option) (*processor.Processor, log.Logger) {
	t.Helper()
	p := processor.New(e, append([]processor.Option{processor.WithFallback(nil)}, opts...)...)
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = provider.Shutdown(ctx)
		if s := p.Stats(); !s.Balanced() || s.Queued != 0 || s.InFlight != 0 {
			t.Errorf("the books do not balance: %+v", s)
		}
	})
	return p, provider.Logger("retry")
}

// eventually waits until the condition holds, for ten seconds at most.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for begun := time.Now(); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("not after ten seconds: %s", what)
		}
	}
}
