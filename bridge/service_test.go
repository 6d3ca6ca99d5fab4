package bridge_test

import (
	"context"
	"io"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// service is the telemetry of one program: logs and spans, with correlation.
type service struct {
	*pipe

	spans  *tracetest.InMemoryExporter
	tracer trace.Tracer
}

// newService returns a service whose processors have the options. It is shut down
// when the test ends, when every record must be accounted for.
func newService(tb testing.TB, opts ...bridge.Option) *service {
	tb.Helper()
	decorators := []sdklog.Processor{bridge.NewLogProcessor(opts...)}
	s := &service{
		pipe:  newDecoratedPipe(tb, decorators, exportertest.New(), processor.WithExportInterval(time.Hour)),
		spans: tracetest.NewInMemoryExporter(),
	}
	tracers := sdktrace.NewTracerProvider(
		sdktrace.WithSpanProcessor(bridge.NewSpanProcessor(opts...)),
		sdktrace.WithSyncer(s.spans),
	)
	s.tracer = tracers.Tracer("service")
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := tracers.Shutdown(ctx); err != nil {
			tb.Errorf("Shutdown of the tracers: %v", err)
		}
	})
	return s
}

// phases returns a PhaseLogger that does not write to standard error, unless the
// options set a writer.
func (s *service) phases(opts ...bridge.Option) *bridge.PhaseLogger {
	return bridge.NewPhaseLogger(s.LoggerProvider, append([]bridge.Option{bridge.WithSynchronousWriter(nil)}, opts...)...)
}

// last returns the latest record.
func (s *service) last(tb testing.TB) sdklog.Record {
	tb.Helper()
	r := s.records(tb)
	if len(r) == 0 {
		tb.Fatal("nothing was logged")
	}
	return r[len(r)-1]
}

// logIDs returns the correlation IDs of all records, "" for those that have none.
func (s *service) logIDs(tb testing.TB) []string {
	tb.Helper()
	var ids []string
	for _, r := range s.records(tb) {
		id, _ := attributesOf(&r)["correlation.id"].(string)
		ids = append(ids, id)
	}
	return ids
}

// spanIDs returns the correlation IDs of all spans that have ended.
func (s *service) spanIDs() []string {
	var ids []string
	for _, span := range s.spans.GetSpans() {
		ids = append(ids, spanAttribute(span, "correlation.id"))
	}
	return ids
}

func spanAttribute(span tracetest.SpanStub, key string) string {
	for _, kv := range span.Attributes {
		if string(kv.Key) == key {
			return kv.Value.AsString()
		}
	}
	return ""
}

// writerFunc is a writer made of a function.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

var _ io.Writer = writerFunc(nil)
