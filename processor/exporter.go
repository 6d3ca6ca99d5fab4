package processor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/foreigntext"
	"github.com/krunchwrapper/asynclog/processor/internal/backoff"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// exporterHandle is one exporter and its state. Its calls are made one at a time, as
// the SDK's batch processor promises. The exception is an Export or a ForceFlush that
// ignores the end of its context: then Shutdown is called concurrently with it, which
// the Exporter interface allows.
//
// A panic in the exporter becomes an error.
type exporterHandle struct {
	exporter sdklog.Exporter
	name     string
	// noTimeout means that the time of an export is not bounded: the exporter writes to a
	// local writer, which may be slow and still makes progress.
	noTimeout bool
	backoff   *backoff.Exporter

	turn chan struct{} // capacity 1: holds a token while the exporter is called
	// state decides between an Export and a concurrent Shutdown, which does not wait for
	// its turn: no Export begins after that.
	state atomic.Int32

	exports, failures, exported atomic.Uint64
	inFlight                    atomic.Int64
	duration                    atomic.Int64
	failing                     atomic.Bool // the last export failed
	// unavailable means that the last export failed, and not because of the content of the
	// batch: no other batch can be expected to succeed now.
	unavailable atomic.Bool

	// callers are the goroutines on which the exporter is being called, 0: none. There are
	// two at most: of an Export or ForceFlush that does not return, and of Shutdown.
	callers [2]atomic.Uint64

	mu        sync.Mutex
	lastError string
}

// maxErrorText bounds the text of an exporter's error that is kept and shown.
const maxErrorText = 1 << 10

// The states of an exporter.
const (
	exporterIdle int32 = iota
	exporterExporting
	exporterStopped // for good
)

func newExporterHandle(e sdklog.Exporter, b *backoff.Exporter) *exporterHandle {
	_, noTimeout := e.(interface{ NoExportTimeout() })
	return &exporterHandle{exporter: e, name: fmt.Sprintf("%T", e), noTimeout: noTimeout, backoff: b, turn: make(chan struct{}, 1)}
}

// acquire waits for the turn to call the exporter. It reports false if the context or the
// time ends before that.
func (h *exporterHandle) acquire(ctx context.Context, timeout <-chan time.Time) bool {
	select {
	case h.turn <- struct{}{}: // a caller that need not wait is never too late
	default:
		select {
		case h.turn <- struct{}{}:
		case <-ctx.Done():
			return false
		case <-timeout:
			return false
		}
	}
	if ctx.Err() != nil {
		h.release()
		return false
	}
	return true
}

func (h *exporterHandle) release() { <-h.turn }

// export calls the exporter, whose turn the caller has acquired, with a context that ends
// after the timeout unless the exporter has none, and releases the turn. If the exporter ends the goroutine
// (runtime.Goexit) export does not return; it counts as a failure all the same.
func (h *exporterHandle) export(ctx context.Context, timeout time.Duration, recs []sdklog.Record) (o outcome) {
	defer h.release()
	h.inFlight.Store(int64(len(recs)))
	defer h.inFlight.Store(0)
	start := time.Now()
	if !h.noTimeout {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}

	err, stopped := h.goexitError("Export"), false
	defer func() {
		if stopped {
			o = outcome{failed: true, why: shutdownTimeout}
			return
		}
		o = newOutcome(ctx, err, len(recs))
		h.duration.Add(int64(time.Since(start)))
		h.exports.Add(1)
		h.failing.Store(o.failed)
		h.unavailable.Store(o.failed) // until the error is classified
		if o.failed {
			h.failures.Add(1)
		}
		if o.err != nil {
			text := foreigntext.Line(fmt.Sprint(o.err), maxErrorText)
			h.mu.Lock()
			h.lastError = text
			h.mu.Unlock()
		}
	}()
	err = h.contain("Export", func() error {
		if !h.state.CompareAndSwap(exporterIdle, exporterExporting) {
			stopped = true // while this goroutine waited for a CPU
			return nil
		}
		defer h.state.CompareAndSwap(exporterExporting, exporterIdle)
		return h.exporter.Export(ctx, recs)
	})
	return o
}

// forceFlush calls the exporter's ForceFlush, in its turn. It does not wait longer than
// the context for an exporter that ignores its end.
func (h *exporterHandle) forceFlush(ctx context.Context) error {
	if !h.acquire(ctx, nil) {
		return ctx.Err()
	}
	c := h.call(ctx, "ForceFlush", h.exporter.ForceFlush, h.release)
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shutdown calls the exporter's ForceFlush, if there is time for it, and its Shutdown in
// any case: in their turn if that comes before the context ends. For each it waits no
// longer than usercode.Await does.
func (h *exporterHandle) shutdown(ctx context.Context) error {
	var flushErr error
	if h.acquire(ctx, nil) {
		flushErr = h.call(ctx, "ForceFlush", h.exporter.ForceFlush, h.release).wait(ctx)
	}
	release := h.release
	select {
	case h.turn <- struct{}{}:
	default:
		select {
		case h.turn <- struct{}{}:
		case <-ctx.Done():
			release = func() {}
			h.state.Store(exporterStopped) // an Export under way is the last one
		}
	}
	return errors.Join(flushErr, h.call(ctx, "Shutdown", h.exporter.Shutdown, release).wait(ctx))
}

// exporterCall is a call of the exporter on a goroutine of its own, which the exporter may
// block for ever, or end.
type exporterCall struct {
	name string
	done chan struct{} // closed when the call has ended
	err  error         // valid then
}

// call starts a call of f, and of release after it has ended.
func (h *exporterHandle) call(ctx context.Context, what string, f func(context.Context) error, release func()) *exporterCall {
	c := &exporterCall{name: what + " of " + h.name, done: make(chan struct{}), err: h.goexitError(what)}
	go func() {
		defer close(c.done)
		defer release()
		c.err = h.contain(what, func() error { return f(withExporting(ctx)) })
	}()
	return c
}

// wait waits for the call as usercode.Await does.
func (c *exporterCall) wait(ctx context.Context) error {
	if !usercode.Await(ctx, c.done) {
		return fmt.Errorf("asynclog: %s: %w", c.name, ctx.Err())
	}
	return c.err
}

// contain turns a panic in the exporter into an error. The text of an error that the
// exporter returns is its code, too: contain asks for it, so that an error that panics, as
// a nil pointer returned as an error may, does not get further.
func (h *exporterHandle) contain(what string, f func() error) (err error) {
	id := usercode.GoroutineID()
	for i := range h.callers {
		if caller := &h.callers[i]; caller.CompareAndSwap(0, id) {
			defer caller.Store(0)
			break
		}
	}
	defer func() {
		if v := recover(); v != nil {
			err = usercode.PanicError(what+" of "+h.name, v)
		}
	}()
	if err = f(); err != nil {
		_ = err.Error()
	}
	return err
}

// calledHere reports whether an exporter is being called on this goroutine: the caller is
// the exporter, and to wait for an export would be to wait for itself. It cannot know the
// goroutines that an exporter starts.
func (p *Processor) calledHere() bool {
	var id uint64
	for _, h := range p.exporters {
		for i := range h.callers {
			caller := h.callers[i].Load()
			if caller == 0 {
				continue
			}
			if id == 0 {
				id = usercode.GoroutineID() // only if an exporter is called at all
			}
			if caller == id {
				return true
			}
		}
	}
	return false
}

// goexitError is the provisional result of an exporter call; it stands if the exporter
// calls runtime.Goexit.
func (h *exporterHandle) goexitError(what string) error {
	return usercode.GoexitError(what + " of " + h.name)
}

func (h *exporterHandle) lastErrorText() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lastError
}

func (h *exporterHandle) stats() ExporterStats {
	return ExporterStats{
		Type:      h.name,
		Exports:   h.exports.Load(),
		Failures:  h.failures.Load(),
		Exported:  h.exported.Load(),
		InFlight:  int(h.inFlight.Load()),
		Duration:  time.Duration(h.duration.Load()),
		Failing:   h.failing.Load(),
		LastError: h.lastErrorText(),
	}
}

// exporting marks the contexts that exporters are called with. A record that comes with
// such a context was logged by an exporter while it exported; to accept it would cause
// another export, another record, and so on.
type exporting struct{}

func withExporting(ctx context.Context) context.Context {
	return context.WithValue(ctx, exporting{}, true)
}

func isExporting(ctx context.Context) bool {
	return ctx != nil && ctx.Value(exporting{}) != nil
}

// discard is the exporter of a processor that was given none.
type discard struct{}

func (discard) Export(context.Context, []sdklog.Record) error { return nil }
func (discard) ForceFlush(context.Context) error              { return nil }
func (discard) Shutdown(context.Context) error                { return nil }
