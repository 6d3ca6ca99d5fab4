package rig

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
)

// The attributes of a [Source]'s records.
const (
	// IDKey is the attribute with the ID of a record: 1, 2, 3 … in the order in which a
	// source emitted the records.
	IDKey = "record.id"
	// EmitterKey is the attribute with the number of the caller that emitted a record.
	EmitterKey = "record.emitter"

	textKey = "record.text"
)

// ScopeName is the instrumentation scope of a source's records.
const ScopeName = "github.com/krunchwrapper/asynclog/integration/internal/rig"

// Source emits log records whose content is computed from their ID, so that a change of a
// record on its way is detected. It is safe for concurrent use.
type Source struct {
	logger log.Logger
	last   atomic.Int64
}

// NewSource returns a source that emits to the provider.
func NewSource(provider log.LoggerProvider) *Source {
	return &Source{logger: provider.Logger(ScopeName)}
}

// Emit emits n records of the caller with the number emitter.
func (s *Source) Emit(ctx context.Context, emitter, n int) {
	for range n {
		s.emit(ctx, emitter)
	}
}

// EmitAt emits n records at rate records a second, or fewer if the context ends first. If it
// falls behind the clock, it emits the missing records later.
func (s *Source) EmitAt(ctx context.Context, n, rate int) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	start := time.Now()
	for done := 0; done < n && ctx.Err() == nil; {
		due := min(n, int(time.Since(start).Seconds()*float64(rate)))
		s.Emit(ctx, 0, due-done)
		done = due
		<-tick.C
	}
}

// Emitted returns how many records have been emitted; it is also the highest ID.
func (s *Source) Emitted() int64 { return s.last.Load() }

func (s *Source) emit(ctx context.Context, emitter int) {
	id := s.last.Add(1)
	var r log.Record
	r.SetTimestamp(time.Now())
	r.SetSeverity(severityOf(id))
	r.SetSeverityText(severityOf(id).String())
	r.SetBody(attribute.StringValue(bodyOf(id)))
	r.AddAttributes(
		attribute.Int64(IDKey, id),
		attribute.Int(EmitterKey, emitter),
		attribute.String(textKey, textOf(id)),
	)
	s.logger.Emit(ctx, r)
}
