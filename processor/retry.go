package processor

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// RetryConfig says what happens to a batch whose export failed. Zero values, and
// values below zero, stand for the defaults.
//
// The defaults are those of the OpenTelemetry Collector's exporters (configretry),
// but for the first interval and the longest, which are short because a failed batch
// waits in the program's memory and not in a Collector's.
type RetryConfig struct {
	// Disabled switches retries off: a failed export is the end of its batch.
	Disabled bool

	// InitialInterval is how long an exporter pauses after a first failure. With each
	// further failure the pause gets longer by half, up to MaxInterval. The actual
	// pause is random, between half and one and a half of that.
	//
	// Default: 100 milliseconds; more than MaxInterval counts as that.
	InitialInterval time.Duration

	// MaxInterval is the longest pause. Only a receiver that asks for more, in a
	// Retry-After header or a RetryInfo, is given more: up to 30 seconds.
	//
	// Default: 5 seconds.
	MaxInterval time.Duration

	// MaxElapsedTime is how long, from its first failure on, a batch is tried
	// again. The last attempt is made when the time is up.
	//
	// Default: 5 minutes.
	MaxElapsedTime time.Duration

	// MaxUnknownAttempts is how often a batch is exported, in all, that fails for
	// reasons which are [Unknown].
	//
	// Default: 3.
	MaxUnknownAttempts int

	// Classify, if not nil, decides instead of [Classify] what an exporter's error
	// means. It may call it. It is called on goroutines of its own, concurrently when
	// there are several exporters; a panic in it counts as Unknown. The exporter gets
	// no other batch until it returns, but Shutdown does not wait for it when its time
	// is up.
	Classify func(error) Class
}

// Class is what the error of an export means for its batch.
type Class uint8

// The classes.
const (
	// Unknown: nothing is known about the error. The batch is tried again, a few
	// times ([RetryConfig].MaxUnknownAttempts), and is then treated as Poisoned.
	Unknown Class = iota

	// Transient: the same batch may be taken later. It is tried again until it
	// is, its time is up ([RetryConfig].MaxElapsedTime), or its records have to
	// give way to others.
	Transient

	// Permanent: the same batch would be refused again, whatever is in it, as
	// for want of permission. It is lost.
	Permanent

	// Poisoned: the batch is refused for what it contains. It is not tried again
	// as it is, but in halves, and their halves, so that the records at fault are
	// lost and no others; for a batch of n records in at most 2·log2(n)+2 more
	// exports. Where those are not enough, what is left together is lost together.
	Poisoned
)

// String returns the class's name.
func (c Class) String() string {
	switch c {
	case Unknown:
		return "Unknown"
	case Transient:
		return "Transient"
	case Permanent:
		return "Permanent"
	case Poisoned:
		return "Poisoned"
	default:
		return fmt.Sprintf("Class(%d)", uint8(c))
	}
}

// Defaults of RetryConfig, and what is not configurable.
const (
	defaultInitialInterval    = 100 * time.Millisecond
	defaultMaxInterval        = 5 * time.Second
	defaultMaxElapsedTime     = 5 * time.Minute
	defaultMaxUnknownAttempts = 3

	// maxHint bounds how long a receiver may ask an exporter to pause.
	maxHint = 30 * time.Second
	// jitter is by how much, of itself, a pause is longer or shorter.
	jitter = 0.5
)

func (c RetryConfig) withDefaults() RetryConfig {
	orDefault := func(d, otherwise time.Duration) time.Duration {
		if d < 1 {
			return otherwise
		}
		return d
	}
	c.MaxInterval = orDefault(c.MaxInterval, defaultMaxInterval)
	c.InitialInterval = min(orDefault(c.InitialInterval, defaultInitialInterval), c.MaxInterval)
	c.MaxElapsedTime = orDefault(c.MaxElapsedTime, defaultMaxElapsedTime)
	if c.MaxUnknownAttempts < 1 {
		c.MaxUnknownAttempts = defaultMaxUnknownAttempts
	}
	return c
}

// classify returns what the outcome of a failed export means, and how long the
// receiver asks to wait; Unknown when the context ends before that is known. report is
// told when Classify panics.
func (c RetryConfig) classify(ctx context.Context, o outcome, report func(error)) (class Class, hint time.Duration) {
	switch {
	case o.why == exportPanic:
		return Permanent, 0 // nobody knows what state it has left the exporter in
	case o.err == nil:
		return Transient, 0
	}
	class, hint = c.ask(ctx, o.err, report)
	if class == Unknown && o.why == exportTimeout {
		class = Transient
	}
	return class, min(hint, maxHint)
}

// ask looks at the error, and calls Classify, on a goroutine of its own: both are
// somebody else's code, which may end it (runtime.Goexit) or hold it without taking the
// worker and its batch with it.
func (c RetryConfig) ask(ctx context.Context, err error, report func(error)) (Class, time.Duration) {
	type verdict struct {
		class Class
		hint  time.Duration
	}
	answer := make(chan verdict, 1)
	go func() {
		var v verdict
		defer func() {
			if cause := recover(); cause != nil {
				v.class = Unknown
				report(panicError("RetryConfig.Classify", cause))
			}
			answer <- v
		}()
		class, hint := classify(err)
		v.hint = hint
		if c.Classify != nil {
			class = c.Classify(err)
		}
		v.class = class
	}()
	select {
	case v := <-answer:
		return v.class, v.hint
	case <-ctx.Done():
		return Unknown, 0
	}
}

// pauses are the pauses of one that fails: longer each time, with jitter, and
// never longer than the longest.
type pauses struct {
	longest time.Duration
	backoff backoff.ExponentialBackOff
}

func (c RetryConfig) newPauses() pauses {
	// So that the jitter is not cut off where pauses are longest.
	longest := max(1, time.Duration(float64(c.MaxInterval)/(1+jitter)))
	return pauses{longest: c.MaxInterval, backoff: backoff.ExponentialBackOff{
		InitialInterval:     min(c.InitialInterval, longest),
		RandomizationFactor: jitter,
		Multiplier:          backoff.DefaultMultiplier,
		MaxInterval:         longest,
	}}
}

// next returns how long to pause now.
func (p *pauses) next() time.Duration { return min(p.backoff.NextBackOff(), p.longest) }

// reset has the next pause be a first one.
func (p *pauses) reset() { p.backoff.Reset() }
