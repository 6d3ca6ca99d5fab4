package retry

import (
	"context"
	"io"
	stdlog "log"
	"net"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor"
)

// notUTF8 is a text that protobuf cannot encode.
const notUTF8 = "not \xff UTF-8"

// discardLog is for servers whose errors are expected.
var discardLog = stdlog.New(io.Discard, "", 0)

// capturingProcessor keeps the records that a provider makes.
type capturingProcessor struct{ records []sdklog.Record }

func (*capturingProcessor) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (*capturingProcessor) ForceFlush(context.Context) error                       { return nil }
func (*capturingProcessor) Shutdown(context.Context) error                         { return nil }
func (p *capturingProcessor) OnEmit(_ context.Context, r *sdklog.Record) error {
	p.records = append(p.records, r.Clone())
	return nil
}

// records returns a record for each body.
func records(bodies ...string) []sdklog.Record {
	var p capturingProcessor
	emit(sdklog.NewLoggerProvider(sdklog.WithProcessor(&p)).Logger("retry"), bodies...)
	return p.records
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

// wantClass exports the records, which must fail, and checks the class of the error.
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

// start returns a processor and a logger for it. When the test ends, the processor is shut
// down and its ledger is checked.
func start(t *testing.T, e sdklog.Exporter, opts ...processor.Option) (*processor.Processor, log.Logger) {
	t.Helper()
	p := processor.New(e, append([]processor.Option{processor.WithFallback(nil)}, opts...)...)
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = provider.Shutdown(ctx)
		if s := p.Stats(); !s.Balanced() || s.Queued != 0 || s.InFlight != 0 {
			t.Errorf("the ledger does not balance: %+v", s)
		}
	})
	return p, provider.Logger("retry")
}

// listen listens at the address, or at any free address if it is "".
func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// eventually waits at most ten seconds until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for begun := time.Now(); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("not after ten seconds: %s", what)
		}
	}
}
