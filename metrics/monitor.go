package metrics

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

const (
	// ScopeName is the instrumentation scope of the histogram.
	ScopeName = "github.com/krunchwrapper/asynclog/metrics"

	// DurationName is the name of the histogram of durations, in seconds. Its
	// attributes are operation.name and, on failure, error.type. A View that
	// changes its aggregation selects it by this name.
	DurationName = "asynclog.operation.duration"

	// OperationNameKey is the attribute, on the histogram and on spans, that
	// has the operation's name. The semantic conventions have none for
	// operations in general.
	OperationNameKey = attribute.Key("operation.name")

	// OverflowName is the operation under which those are counted that came
	// after there were as many as [WithMaxOperations] allows.
	OverflowName = "_other"
)

// boundaries are the advisory buckets of the histogram: three a decade, from 1 µs
// to 10 s. The conventions' own for durations begin at 5 ms, which suits requests
// and would show an operation in memory as one bucket.
var boundaries = []float64{
	1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4,
	1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, .1, .25, .5, 1, 2.5, 5, 10,
}

// Monitor times operations. It is safe for concurrent use, has no goroutine of
// its own and needs no shutdown. A nil *Monitor times nothing.
type Monitor struct {
	histogram  metric.Float64Histogram
	tracer     trace.Tracer // nil: no spans
	operations *registry
}

// NewMonitor returns a monitor. Its error is the meter provider's, which could
// not create the histogram; the monitor is then nil, which may be used.
func NewMonitor(opts ...Option) (*Monitor, error) {
	c := newConfig(opts)
	meter := c.provider.Meter(ScopeName, metric.WithSchemaURL(semconv.SchemaURL))
	histogram, err := meter.Float64Histogram(DurationName,
		metric.WithUnit("s"),
		metric.WithDescription("How long an operation took."),
		metric.WithExplicitBucketBoundaries(boundaries...))
	if err != nil {
		return nil, fmt.Errorf("asynclog: metrics: %w", err)
	}
	m := &Monitor{histogram: histogram, tracer: c.tracer}
	m.operations = newRegistry(m, c)
	return m, nil
}

// Start begins to time an operation. The duration is recorded, with ctx, when the
// timer is stopped; a timer that is never stopped leaves nothing behind but the
// operation's place.
//
// The name should be one of few, such as "parse" or "GET /users/{id}": it is an
// attribute of a metric. Names longer than 128 bytes are cut, and what is not
// UTF-8 in them is replaced, because an OTLP receiver would refuse them with all
// that is sent along.
func (m *Monitor) Start(ctx context.Context, operation string) Timer {
	if ctx == nil {
		ctx = context.Background()
	}
	if m == nil {
		return Timer{ctx: ctx}
	}
	op := m.operations.get(operation)
	s := takeSlot()
	t := Timer{op: op, slot: s, generation: s.generation.Load(), ctx: ctx, start: time.Now()}
	if m.tracer != nil {
		t.ctx, _ = m.tracer.Start(ctx, op.spanName(operation),
			trace.WithTimestamp(t.start), // the span and the histogram shall tell the same duration
			trace.WithAttributes(op.nameAttribute))
	}
	return t
}

// Time calls f with the context of a timer ([Timer.Context]) and returns its
// error. A function that panics, or ends its goroutine with runtime.Goexit, is
// recorded with the error.type "panic"; the panic goes on, its stack untouched.
func (m *Monitor) Time(ctx context.Context, operation string, f func(context.Context) error) error {
	t := m.Start(ctx, operation)
	returned := false
	defer func() {
		if !returned {
			t.stop(failure{kind: panicType})
		}
	}()
	err := f(t.Context())
	returned = true
	t.StopErr(err)
	return err
}
