package observ

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/otelconv"

	"github.com/krunchwrapper/asynclog/internal/version"
)

const (
	// ScopeName is the instrumentation scope of the metrics.
	ScopeName = "github.com/krunchwrapper/asynclog/processor"

	// ComponentType is the otel.component.type of the processor. According to the
	// conventions, a component that is not one of the SDK's uses its own name.
	ComponentType = ScopeName + ".Processor"

	// FallbackName is the counter of records written to the fallback.
	FallbackName = "asynclog.processor.fallback"

	// SuppressedName is the counter of records that callers did not build under
	// pressure.
	SuppressedName = "asynclog.processor.suppressed"

	// AgeName is the histogram of the age of a batch's oldest record when the batch is
	// handed to its exporter.
	AgeName = "asynclog.processor.queue.age"

	// DegradedName is the gauge that is 1 while no exporter works.
	DegradedName = "asynclog.processor.degraded"
)

// ageBoundaries range from a record that is exported at once to one that waits during an
// outage.
var ageBoundaries = []float64{.001, .005, .01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}

var lastID atomic.Int64

// Lost is the number of records that were lost for one reason before an exporter got
// them.
type Lost struct {
	ErrorType string
	Records   int64
}

// Reading is what the processor reports at a collection.
type Reading struct {
	Queued, Capacity int64 // Capacity 0: there is no queue
	Submitted        int64 // records handed to an exporter
	Lost             []Lost
	Fallback         int64
	Degraded         bool
	Pressure         bool  // the processor holds callers back under pressure
	Suppressed       int64 // how often it did
	Ledger           Ledger
}

// FinalPeriod is how long the final figures are observed after Finish, from the first
// collection on. A MeterProvider may have several readers, each with an interval of its
// own, and a callback does not know which reader calls it. Five minutes are several
// intervals of the usual readers.
const FinalPeriod = 5 * time.Minute

// Instruments are one processor's instruments. A nil *Instruments does nothing.
// Its methods are safe for concurrent use.
type Instruments struct {
	reg       metric.Registration
	collected atomic.Bool // at least once
	finished  atomic.Bool // the figures are final
	// firstFinal is when the final figures were observed first; nil: not yet.
	firstFinal atomic.Pointer[time.Time]
	removed    atomic.Bool

	age     metric.Float64Histogram
	ageOpts []metric.RecordOption
}

// New creates the instruments on the provider's meter. They call read at each
// collection.
func New(mp metric.MeterProvider, read func() Reading) (*Instruments, error) {
	m := mp.Meter(ScopeName, metric.WithInstrumentationVersion(version.Module), metric.WithSchemaURL(semconv.SchemaURL))

	size, err1 := otelconv.NewSDKProcessorLogQueueSize(m)
	capacity, err2 := otelconv.NewSDKProcessorLogQueueCapacity(m)
	processed, err3 := otelconv.NewSDKProcessorLogProcessedObservable(m)
	fallback, err4 := m.Int64ObservableCounter(FallbackName,
		metric.WithUnit("{log_record}"),
		metric.WithDescription("The number of log records written to the fallback because they could not be exported."))
	suppressed, err5 := m.Int64ObservableCounter(SuppressedName,
		metric.WithUnit("{log_record}"),
		metric.WithDescription("About the number of log records that were not built because the queue was under pressure."))
	age, err6 := m.Float64Histogram(AgeName,
		metric.WithUnit("s"),
		metric.WithDescription("How long the oldest log record of a batch had waited when the batch was handed to its exporter."),
		metric.WithExplicitBucketBoundaries(ageBoundaries...))
	degraded, err7 := m.Int64ObservableGauge(DegradedName,
		metric.WithUnit("1"),
		metric.WithDescription("1 while exports fail and no exporter works, else 0."))
	ledger, err8 := newLedgerInstruments(m)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
		return nil, fmt.Errorf("asynclog: processor metrics: %w", err)
	}

	component := []attribute.KeyValue{
		semconv.OTelComponentName(fmt.Sprintf("%s/%d", ComponentType, lastID.Add(1)-1)),
		semconv.OTelComponentTypeKey.String(ComponentType),
	}
	set := metric.WithAttributeSet(attribute.NewSet(component...))
	i := &Instruments{age: age, ageOpts: []metric.RecordOption{set}}

	var err error
	i.reg, err = m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		i.collected.Store(true)
		if i.finished.Load() && i.expired() {
			return nil
		}
		r := read()
		if r.Capacity > 0 {
			o.ObserveInt64(size.Inst(), r.Queued, set)
			o.ObserveInt64(capacity.Inst(), r.Capacity, set)
		}
		o.ObserveInt64(processed.Inst(), r.Submitted, set)
		for _, l := range r.Lost {
			o.ObserveInt64(processed.Inst(), l.Records, set, metric.WithAttributes(semconv.ErrorTypeKey.String(l.ErrorType)))
		}
		o.ObserveInt64(fallback, r.Fallback, set)
		isDegraded := int64(0)
		if r.Degraded {
			isDegraded = 1
		}
		o.ObserveInt64(degraded, isDegraded, set)
		if r.Pressure {
			o.ObserveInt64(suppressed, r.Suppressed, set)
		}
		ledger.observe(o, set, &r.Ledger)
		return nil
	}, append(ledger.all(), size.Inst(), capacity.Inst(), processed.Inst(), fallback, degraded, suppressed)...)
	if err != nil {
		return nil, fmt.Errorf("asynclog: processor metrics: %w", err)
	}
	return i, nil
}

// Age records how long a batch's oldest record has waited. The time is 0 for a record from
// a clock that is ahead of this one.
func (i *Instruments) Age(ctx context.Context, d time.Duration) {
	if i == nil || !i.age.Enabled(ctx) {
		return
	}
	i.age.Record(ctx, max(d, 0).Seconds(), i.ageOpts...)
}

// expired reports whether every reader has had the time to observe the final figures. It
// then removes the callback.
func (i *Instruments) expired() bool {
	now := time.Now()
	if i.firstFinal.CompareAndSwap(nil, &now) || now.Sub(*i.firstFinal.Load()) < FinalPeriod {
		return false
	}
	if i.removed.CompareAndSwap(false, true) {
		// On another goroutine: the meter holds its lock during the callback.
		go func() { _ = i.reg.Unregister() }()
	}
	return true
}

// Finish is called when the figures are final. Collections observe them for the
// [FinalPeriod] after the first of them. In a program without a metrics SDK, where no
// collection will come, the callback is removed at once.
func (i *Instruments) Finish() {
	if i == nil {
		return
	}
	i.finished.Store(true)
	// The API has no better way to find out whether a provider collects. A View that drops
	// the histogram looks the same, so a collection that has taken place counts too.
	if !i.collected.Load() && !i.age.Enabled(context.Background()) && i.removed.CompareAndSwap(false, true) {
		_ = i.reg.Unregister()
	}
}
