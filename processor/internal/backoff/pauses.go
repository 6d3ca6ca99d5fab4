package backoff

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

// jitter is the fraction by which a pause is randomly longer or shorter.
const jitter = 0.5

// Config is what a [Group] is made from.
type Config struct {
	// Disabled says that failed exports are not retried. Exporters then pause only while
	// others work.
	Disabled bool
	// InitialInterval is the first pause, and MaxInterval the longest, both without what
	// a receiver asks for. Both are more than zero.
	InitialInterval, MaxInterval time.Duration
}

// pauses are the pauses after consecutive failures: each is longer than the one before,
// with jitter, and none exceeds max.
type pauses struct {
	max     time.Duration
	backoff backoff.ExponentialBackOff
}

func newPauses(c Config) pauses {
	// Below the maximum, so that the jitter is not cut off where the pauses are longest.
	longest := max(1, time.Duration(float64(c.MaxInterval)/(1+jitter)))
	return pauses{max: c.MaxInterval, backoff: backoff.ExponentialBackOff{
		InitialInterval:     min(c.InitialInterval, longest),
		RandomizationFactor: jitter,
		Multiplier:          backoff.DefaultMultiplier,
		MaxInterval:         longest,
	}}
}

// next returns the length of the next pause.
func (p *pauses) next() time.Duration { return min(p.backoff.NextBackOff(), p.max) }

// reset makes the next pause a first one.
func (p *pauses) reset() { p.backoff.Reset() }
