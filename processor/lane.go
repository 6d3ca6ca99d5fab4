package processor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// lane is one exporter and the way to it. Its calls are made one at a time, as
// the SDK's batch processor promises; only at the end, when an Export does not
// heed its context, is Shutdown called beside it, which the Exporter interface
// allows.
//
// A panic in the exporter becomes an error.
type lane struct {
	exporter sdklog.Exporter
	name     string

	turn chan struct{} // capacity 1: holds a token while the exporter is called

	exports, failures, exported atomic.Uint64
	inFlight                    atomic.Int64
	duration                    atomic.Int64
	failing                     atomic.Bool

	mu        sync.Mutex
	lastError string
}

func newLane(e sdklog.Exporter) *lane {
	return &lane{exporter: e, name: fmt.Sprintf("%T", e), turn: make(chan struct{}, 1)}
}

// export calls the exporter, in its turn, with a context that ends after the
// timeout.
func (l *lane) export(ctx context.Context, timeout time.Duration, recs []sdklog.Record) outcome {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()

	l.inFlight.Store(int64(len(recs)))
	defer l.inFlight.Store(0)
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := l.call("Export", func() error { return l.exporter.Export(ctx, recs) })
	o := judge(ctx, err, len(recs))

	l.duration.Add(int64(time.Since(start)))
	l.exports.Add(1)
	l.failing.Store(o.failed)
	if o.failed {
		l.failures.Add(1)
	}
	if err != nil {
		l.mu.Lock()
		l.lastError = err.Error()
		l.mu.Unlock()
	}
	return o
}

// forceFlush calls the exporter's ForceFlush, in its turn.
func (l *lane) forceFlush(ctx context.Context) error {
	return l.inTurn(ctx, "ForceFlush", l.exporter.ForceFlush)
}

// shutdown calls the exporter's ForceFlush, if there is time for it, and its
// Shutdown in any case: in their turn if that comes before the context ends.
func (l *lane) shutdown(ctx context.Context) error {
	var flushErr error
	if ctx.Err() == nil {
		flushErr = l.forceFlush(ctx)
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	default:
		select {
		case l.turn <- struct{}{}:
			defer func() { <-l.turn }()
		case <-ctx.Done():
		}
	}
	return errors.Join(flushErr, l.call("Shutdown", func() error { return l.exporter.Shutdown(ctx) }))
}

func (l *lane) inTurn(ctx context.Context, what string, f func(context.Context) error) error {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
		return l.call(what, func() error { return f(ctx) })
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lane) call(what string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("asynclog: %s of %s: %w: %v", what, l.name, errPanic, v)
		}
	}()
	return f()
}

func (l *lane) stats() ExporterStats {
	l.mu.Lock()
	lastError := l.lastError
	l.mu.Unlock()
	return ExporterStats{
		Type:      l.name,
		Exports:   l.exports.Load(),
		Failures:  l.failures.Load(),
		Exported:  l.exported.Load(),
		InFlight:  int(l.inFlight.Load()),
		Duration:  time.Duration(l.duration.Load()),
		Failing:   l.failing.Load(),
		LastError: lastError,
	}
}
