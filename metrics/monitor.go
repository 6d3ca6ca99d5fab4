package metrics

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/internal/version"
)

const (
	// DurationName is the name of the histogram of durations, in seconds. Its
	// attributes are operation.name and, on failure, error.type. A View that
	// changes its aggregation selects it by this name.
	DurationName = "asynclog.operation.duration"

	// scopeName is the instrumentation scope of the histogram.
	scopeName = "github.com/krunchwrapper/asynclog/metrics"
)

// boundaries are the advisory buckets of the histogram: three a decade, from 1 µs
// to 10 s. The buckets that the conventions give for durations begin at 5 ms: that
// suits requests, but would show an operation in memory as one bucket.
var boundaries = []float64{
	1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4,
	1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, .1, .25, .5, 1, 2.5, 5, 10,
}

// Monitor times operations. It is safe for concurrent use, starts no goroutine
// and needs no shutdown. A nil *Monitor times nothing.
type Monitor struct {
	histogram  metric.Float64Histogram
	tracer     trace.Tracer // nil: no spans
	operations *registry
}

// NewMonitor returns a monitor. The error is that of a meter provider that could
// not create the histogram. The monitor is then nil, and a nil monitor may be used.
func NewMonitor(opts ...Option) (*Monitor, error) {
	c := newConfig(opts)
	meter := c.provider.Meter(scopeName, metric.WithInstrumentationVersion(version.Module), metric.WithSchemaURL(semconv.SchemaURL))
	histogram, err := meter.Float64Histogram(DurationName,
		metric.WithUnit("s"),
		metric.WithDescription("How long an operation took."),
		metric.WithExplicitBucketBoundaries(boundaries...))
	if err != nil {
		return nil, fmt.Errorf("asynclog: metrics: %w", err)
	}
	return &Monitor{
		histogram:  histogram,
		tracer:     c.tracer,
		operations: newRegistry(c.maxOperations, c.idleExpiry),
	}, nil
}

// Start begins to time an operation. The duration is recorded, with ctx, when the
// timer is stopped. A timer that is never stopped leaves nothing behind, except
// that its operation counts towards the limit of [WithMaxOperations].
//
// The name should be one of few, such as "parse" or "GET /users/{id}", because it
// is an attribute of a metric. A name longer than 128 bytes is cut, and bytes that
// are not UTF-8 are replaced: an OTLP receiver would refuse the name, and the whole
// request with it.
func (m *Monitor) Start(ctx context.Context, operation string) Timer {
	if ctx == nil {
		ctx = context.Background()
	}
	if m == nil {
		return Timer{ctx: ctx}
	}
	op := m.operations.get(operation)
	s := takeSlot()
	t := Timer{monitor: m, op: op, slot: s, generation: s.generation.Load(), ctx: ctx, start: time.Now()}
	if m.tracer != nil {
		t.ctx, _ = m.tracer.Start(ctx, op.spanName(operation),
			trace.WithTimestamp(t.start), // the span and the histogram have the same duration
			trace.WithAttributes(op.nameAttribute))
	}
	return t
}

// Time calls f with the context of a timer ([Timer.Context]) and returns its
// error. A function that panics, or ends its goroutine with runtime.Goexit, is
// recorded with the error.type "panic". The panic continues, with its stack
// unchanged.
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

// record adds a measurement to the histogram and to the statistics of op. errorType
// is "" for a success. It returns the stripe to use the next time.
func (m *Monitor) record(ctx context.Context, op *operation, stripe uint32, start time.Time, d time.Duration, errorType string) uint32 {
	opts := op.success
	if errorType != "" {
		opts = op.failureOptions(errorType)
	}
	m.histogram.Record(ctx, d.Seconds(), opts...)

	end := m.operations.since(start) + d
	for {
		counted, next := op.count(stripe, end, d, errorType != "")
		if counted {
			return next
		}
		// The operation was forgotten while the timer ran.
		op = m.operations.replace(op.name)
	}
}
