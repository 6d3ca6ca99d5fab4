package bridge

import (
	"context"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// NewLogProcessor returns a processor that adds the correlation ID of the context to
// each record. The attribute is at the record's top level, also where the record was
// logged inside an slog group. A record that already has an attribute with the key is
// not changed, and neither is one whose context has no ID. The SDK sets the trace and
// the span.
//
// Processors are called in the order of registration: give it to
// sdklog.NewLoggerProvider before the one that exports. It adds no allocation to a
// record that has fewer than five attributes.
//
// A record that already has as many attributes as the provider's limit allows (128 by
// default) gets the ID in place of its last attribute, which is counted as dropped. With
// a limit of 0 there is no ID, and the provider's limit of a value's length applies to
// the ID too.
//
// The options [WithCorrelationKey] and [WithBaggage] apply. The processor returns
// no errors and is safe for concurrent use.
func NewLogProcessor(opts ...Option) sdklog.Processor {
	return &logProcessor{correlationFrom(opts)}
}

type logProcessor struct{ correlation }

// Enabled returns false. The SDK accepts a record if any of its processors is enabled
// for it, and this one needs no record for itself.
func (*logProcessor) Enabled(context.Context, sdklog.EnabledParameters) bool { return false }

func (p *logProcessor) OnEmit(ctx context.Context, r *sdklog.Record) error {
	id := p.id(ctx)
	if id == "" || r == nil || recordHasKey(r, p.key) {
		return nil
	}
	n := r.AttributesLen()
	r.AddAttributes(p.key.String(id))
	if n > 0 && r.AttributesLen() == n {
		replaceLast(r, p.key.String(id))
	}
	return nil
}

func (*logProcessor) ForceFlush(context.Context) error { return nil }
func (*logProcessor) Shutdown(context.Context) error   { return nil }

// replaceLast sets the attribute in place of the last one of a record that has as many
// as its limit allows. The record counts one dropped attribute already: this one, when it
// was to be added.
//
// Only SetAttributes can remove an attribute. It counts anew what it drops, so it is given
// as many as had been dropped to drop again. Their keys differ, or it would not count
// them.
func replaceLast(r *sdklog.Record, kv attribute.KeyValue) {
	n, dropped := r.AttributesLen(), r.DroppedAttributes()
	attrs := make([]attribute.KeyValue, 0, n+dropped)
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		attrs = append(attrs, kv)
		return true
	})
	attrs[n-1] = kv
	for i := range dropped {
		attrs = append(attrs, attribute.KeyValue{Key: attribute.Key("\x00" + strconv.Itoa(i))})
	}
	r.SetAttributes(attrs...)
}

func recordHasKey(r *sdklog.Record, key attribute.Key) bool {
	found := false
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		found = kv.Key == key
		return !found
	})
	return found
}

// NewSpanProcessor returns a processor that sets the correlation ID of the context on
// each span that is started with it. The ID replaces an attribute with the same key,
// so that the span has the ID of the records logged under it. A span that is already
// recording gets the ID from [ContextWithCorrelationID]. A span that already has as many
// attributes as the provider's limit allows does not get it, because the SDK replaces no
// attribute of a span.
//
// Give it to sdktrace.NewTracerProvider before the one that exports. The options
// [WithCorrelationKey] and [WithBaggage] apply. The processor returns no errors
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
