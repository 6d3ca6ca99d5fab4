package otlp

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// defaultRetry is that of OpenTelemetry's exporters.
var defaultRetry = RetryConfig{
	Enabled:         true,
	InitialInterval: 5 * time.Second,
	MaxInterval:     30 * time.Second,
	MaxElapsedTime:  time.Minute,
}

// retrying calls attempt until it succeeds, fails for good, or the time is up. The
// error is that of the last attempt.
func (e *Exporter) retrying(ctx context.Context, attempt func(context.Context) error) error {
	start := time.Now()
	pauses := &backoff.ExponentialBackOff{
		InitialInterval:     cmp.Or(e.retry.InitialInterval, defaultRetry.InitialInterval),
		RandomizationFactor: backoff.DefaultRandomizationFactor,
		Multiplier:          backoff.DefaultMultiplier,
		MaxInterval:         cmp.Or(e.retry.MaxInterval, defaultRetry.MaxInterval),
	}
	pauses.Reset()
	for {
		err := attempt(ctx)
		again, wait := temporary(err)
		if !again || !e.retry.Enabled || ctx.Err() != nil {
			return err
		}
		pause := max(wait, pauses.NextBackOff())
		if most := e.retry.MaxElapsedTime; most > 0 && time.Since(start)+pause > most {
			return err
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= pause {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-e.stopping:
			timer.Stop()
			return fmt.Errorf("%w: %w", sdklog.ErrExporterShutdown, err)
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}
