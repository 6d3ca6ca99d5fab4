package bridge

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// NewLogProcessor returns a processor that stamps the correlation ID of the
// context on each record, at the record's top level, also where the record was
// logged inside an slog group. A record that has an attribute of that key is left
// as it is, and one whose context has no ID too. Trace and span are none of its
// business; the SDK sets them.
//
// Processors are called in the order of registration: give it to
// sdklog.NewLoggerProvider before the one that exports. It adds no allocation to a
// record that has less than five attributes.
//
// The options [WithCorrelationKey] and [WithBaggage] apply. The processor reports
// no errors and is safe for concurrent use.
func NewLogProcessor(opts ...Option) sdklog.Processor {
	return &logProcessor{correlationFrom(opts)}
}

type logProcessor struct{ correlation }

// Enabled returns false: the SDK takes a record if any of its processors wants
// it, and this one wants none for itself.
func (*logProcessor) Enabled(context.Context, sdklog.EnabledParameters) bool { return false }

func (p *logProcessor) OnEmit(ctx context.Context, r *sdklog.Record) error {
	if id := p.id(ctx); id != "" && r != nil && !recordHasKey(r, p.key) {
		r.AddAttributes(p.key.String(id))
	}
	return nil
}

func (*logProcessor) ForceFlush(context.Context) error { return nil }
func (*logProcessor) Shutdown(context.Context) error   { return nil }

func recordHasKey(r *sdklog.Record, key attribute.Key) bool {
	found := false
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		found = kv.Key == key
		return !found
	})
	return found
}

// NewSpanProcessor returns a processor that stamps the correlation ID of the
// context on each span that is started with it, also in place of an attribute of
// that key: what is logged under the span has the context's ID as well. For a
// context whose span is already recording, [ContextWithCorrelationID] does it.
//
// Give it to sdktrace.NewTracerProvider before the one that exports. The options
// [WithCorrelationKey] and [WithBaggage] apply. The processor reports no errors
// and is safe for concurrent use.
func NewSpanProcessor(opts ...Option) sdktrace.SpanProcessor {
	return &spanProcessor{correlationFrom(opts)}
}

type spanProcessor struct{ correlation }

func (p *spanProcessor) OnStart(parent context.Context, s sdktrace.ReadWriteSpan) {
	if id := p.id(parent); id != "" {
		s.SetAttributes(p.key.String(id))
	}
}

func (*spanProcessor) OnEnd(sdktrace.ReadOnlySpan)      {}
func (*spanProcessor) ForceFlush(context.Context) error { return nil }
func (*spanProcessor) Shutdown(context.Context) error   { return nil }
