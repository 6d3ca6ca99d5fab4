package metrics

import (
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

const defaultMaxOperations = 1_000

// Option configures a [Monitor]. Options are applied in order; the last one that
// sets a value wins.
type Option interface {
	apply(config) config
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

type config struct {
	provider      metric.MeterProvider
	tracer        trace.Tracer
	maxOperations int
	idleExpiry    time.Duration
}

func newConfig(opts []Option) config {
	var c config
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	if c.provider == nil {
		c.provider = otel.GetMeterProvider()
	}
	if c.maxOperations < 1 {
		c.maxOperations = defaultMaxOperations
	}
	c.idleExpiry = max(c.idleExpiry, 0)
	return c
}

// WithMeterProvider sets where the histogram [DurationName] is recorded.
//
// Default: the global MeterProvider (otel.GetMeterProvider), also if mp is nil. A
// provider that is installed there later is used from then on.
func WithMeterProvider(mp metric.MeterProvider) Option {
	return optionFunc(func(c config) config {
		c.provider = mp
		return c
	})
}

// WithTracer makes each timed operation a span as well, of kind internal, named
// after the operation. [Timer.Context] carries it, so that operations timed with
// that context are its children. The histogram's exemplars point to it. Start and
// Stop then also cost what starting and ending a span costs.
//
// A failure sets the span's status and error.type, as OpenTelemetry recommends:
// https://opentelemetry.io/docs/specs/semconv/general/recording-errors/
//
// Default: none, also if t is nil; exemplars then point to the span of the
// context given to [Monitor.Start].
func WithTracer(t trace.Tracer) Option {
	return optionFunc(func(c config) config {
		c.tracer = t
		return c
	})
}

// WithMaxOperations sets how many operations have figures of their own, in the
// statistics and in the histogram. Once there are that many, operations with a
// new name are counted together, under the name "_other".
//
// The SDK has its own limit on the attribute sets of an instrument, 2,000 unless
// configured (sdkmetric.WithCardinalityLimit). An operation has one set for
// successes and one for each type of error, of which there are at most 17.
//
// Default: 1,000. A value less than one counts as not given.
func WithMaxOperations(n int) Option {
	return optionFunc(func(c config) config {
		c.maxOperations = n
		return c
	})
}

// WithIdleExpiry sets how long an operation is remembered after its last timer
// was stopped. Then its statistics are forgotten, and it no longer counts towards
// the limit of [WithMaxOperations]. The monitor looks for expired operations when
// [Monitor.Stats] is called, and when the limit leaves no space for a new
// operation. The histogram is not affected: the SDK keeps what an instrument has
// recorded.
//
// Default: never. A value less than one counts as not given.
func WithIdleExpiry(d time.Duration) Option {
	return optionFunc(func(c config) config {
		c.idleExpiry = d
		return c
	})
}
