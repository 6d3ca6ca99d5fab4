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
// the SDK's batch processor promises; only at the end, when an Export or a
// ForceFlush does not heed its context, is Shutdown called beside it, which the
// Exporter interface allows.
//
// A panic in the exporter becomes an error.
type lane struct {
	exporter sdklog.Exporter
	name     string

	turn chan struct{} // capacity 1: holds a token while the exporter is called
	// state decides between an Export and a Shutdown beside it, which does not wait for
	// its turn: no Export begins after that.
	state atomic.Int32

	standing standing // guarded by the processor's health

	exports, failures, exported atomic.Uint64
	inFlight                    atomic.Int64
	duration                    atomic.Int64
	failing                     atomic.Bool

	mu        sync.Mutex
	lastError string
}

// The states of a lane.
const (
	laneFree int32 = iota
	laneExporting
	laneShut // for good
)

func newLane(e sdklog.Exporter) *lane {
	return &lane{exporter: e, name: fmt.Sprintf("%T", e), turn: make(chan struct{}, 1)}
}

// enter waits for the turn to call the exporter. It reports false if the context
// ends, or the time is up, before that.
func (l *lane) enter(ctx context.Context, up <-chan time.Time) bool {
	select {
	case l.turn <- struct{}{}: // whoever need not wait is not too late
	default:
		select {
		case l.turn <- struct{}{}:
		case <-ctx.Done():
			return false
		case <-up:
			return false
		}
	}
	if ctx.Err() != nil {
		l.leave()
		return false
	}
	return true
}

func (l *lane) leave() { <-l.turn }

// export calls the exporter, whose turn the caller has, with a context that ends
// after the timeout, and leaves. If the exporter ends the goroutine
// (runtime.Goexit) there is no outcome; it counts as a failure all the same.
func (l *lane) export(ctx context.Context, timeout time.Duration, recs []sdklog.Record) (o outcome) {
	defer l.leave()
	l.inFlight.Store(int64(len(recs)))
	defer l.inFlight.Store(0)
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	err, shut := l.goexitError("Export"), false
	defer func() {
		if shut {
			o = outcome{failed: true, why: shutdownTimeout}
			return
		}
		o = judge(ctx, err, len(recs))
		l.duration.Add(int64(time.Since(start)))
		l.exports.Add(1)
		l.failing.Store(o.failed)
		if o.failed {
			l.failures.Add(1)
		}
		if o.err != nil {
			text := fmt.Sprint(o.err)
			l.mu.Lock()
			l.lastError = text
			l.mu.Unlock()
		}
	}()
	err = l.contain("Export", func() error {
		if !l.state.CompareAndSwap(laneFree, laneExporting) {
			shut = true // while this goroutine waited for a processor
			return nil
		}
		defer l.state.CompareAndSwap(laneExporting, laneFree)
		return l.exporter.Export(ctx, recs)
	})
	return o
}

// forceFlush calls the exporter's ForceFlush, in its turn. It does not wait
// longer than the context for an exporter that does not heed it.
func (l *lane) forceFlush(ctx context.Context) error {
	if !l.enter(ctx, nil) {
		return ctx.Err()
	}
	c := l.call(ctx, "ForceFlush", l.exporter.ForceFlush, l.leave)
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shutdown calls the exporter's ForceFlush, if there is time for it, and its
// Shutdown in any case: in their turn if that comes before the context ends. It
// does not wait longer than the context, and a grace, for either.
func (l *lane) shutdown(ctx context.Context) error {
	var flushErr error
	if l.enter(ctx, nil) {
		flushErr = l.call(ctx, "ForceFlush", l.exporter.ForceFlush, l.leave).wait(ctx)
	}
	leave := l.leave
	select {
	case l.turn <- struct{}{}:
	default:
		select {
		case l.turn <- struct{}{}:
		case <-ctx.Done():
			leave = func() {}
			l.state.Store(laneShut) // an Export under way is the last
		}
	}
	return errors.Join(flushErr, l.call(ctx, "Shutdown", l.exporter.Shutdown, leave).wait(ctx))
}

// laneCall is a call of the exporter on a goroutine of its own, which the
// exporter may hold for as long as it likes, or end.
type laneCall struct {
	name string
	done chan struct{} // closed when the call has ended
	err  error         // valid then
}

// call calls f, and leave when it has ended.
func (l *lane) call(ctx context.Context, what string, f func(context.Context) error, leave func()) *laneCall {
	c := &laneCall{name: what + " of " + l.name, done: make(chan struct{}), err: l.goexitError(what)}
	go func() {
		defer close(c.done)
		defer leave()
		c.err = l.contain(what, func() error { return f(withExporting(ctx)) })
	}()
	return c
}

// wait waits until the call has ended, but not longer than the context and a
// grace.
func (c *laneCall) wait(ctx context.Context) error {
	if !await(ctx, c.done) {
		return fmt.Errorf("asynclog: %s: %w", c.name, ctx.Err())
	}
	return c.err
}

// contain makes an error of a panic in the exporter. The error that the exporter
// returns is its code, too, and the caller's to read: one that panics, as a nil
// pointer returned as an error may, goes no further.
func (l *lane) contain(what string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicError(what+" of "+l.name, v)
		}
	}()
	if err = f(); err != nil {
		_ = err.Error()
	}
	return err
}

// goexitError is what holds until a call of the exporter returns.
func (l *lane) goexitError(what string) error {
	return panicError(what+" of "+l.name, "runtime.Goexit")
}

func (l *lane) lastErrorText() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lastError
}

func (l *lane) stats() ExporterStats {
	return ExporterStats{
		Type:      l.name,
		Exports:   l.exports.Load(),
		Failures:  l.failures.Load(),
		Exported:  l.exported.Load(),
		InFlight:  int(l.inFlight.Load()),
		Duration:  time.Duration(l.duration.Load()),
		Failing:   l.failing.Load(),
		LastError: l.lastErrorText(),
	}
}
