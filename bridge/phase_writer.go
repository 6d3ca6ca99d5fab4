package bridge

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/internal/panictext"
)

// reportInterval is the minimum time between two reports to otel.Handle.
const reportInterval = 10 * time.Second

// line is a phase as it is written synchronously.
type line struct {
	time           time.Time
	phase, message string
	data           []attribute.KeyValue
}

// phaseWriter writes lines. It shields the callers of a [PhaseLogger] from errors and
// panics of the writer and of the function of [WithExportNow].
type phaseWriter struct {
	handler  *slog.TextHandler // one Write at a time; nil: nothing is written
	failures atomic.Uint64
	created  time.Time
	reported atomic.Int64 // when a failure was last reported, in ns since created; 0: never
}

func newPhaseWriter(w io.Writer) *phaseWriter {
	pw := &phaseWriter{created: time.Now()}
	if w != nil {
		pw.handler = slog.NewTextHandler(fullWriter{w}, nil)
	}
	return pw
}

// fullWriter turns a short write without an error into io.ErrShortWrite.
type fullWriter struct{ io.Writer }

func (w fullWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

func (w *phaseWriter) write(ctx context.Context, l line) {
	if w.handler == nil {
		return
	}
	level := slog.LevelInfo
	if l.phase == PhaseError {
		level = slog.LevelError
	}
	r := slog.NewRecord(l.time, level, l.message, 0)
	r.AddAttrs(slog.String(string(PhaseKey), l.phase))
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
		r.AddAttrs(slog.String("trace_id", sc.TraceID().String()), slog.String("span_id", sc.SpanID().String()))
	}
	for _, kv := range l.data {
		r.AddAttrs(slog.Attr{Key: string(kv.Key), Value: slogValue(kv.Value)})
	}
	w.guard(func() error { return w.handler.Handle(ctx, r) })
}

// slogValue converts text, numbers and booleans. All other values become text by
// OpenTelemetry's rules for protocols that do not have them.
func slogValue(v attribute.Value) slog.Value {
	switch v.Type() {
	case attribute.BOOL:
		return slog.BoolValue(v.AsBool())
	case attribute.INT64:
		return slog.Int64Value(v.AsInt64())
	case attribute.FLOAT64:
		return slog.Float64Value(v.AsFloat64())
	default:
		return slog.StringValue(v.String())
	}
}

// run calls f, which may be nil.
func (w *phaseWriter) run(f func()) {
	if f != nil {
		w.guard(func() error { f(); return nil })
	}
}

// guard calls f, and counts an error or a panic as a failure.
func (w *phaseWriter) guard(f func() error) {
	defer func() {
		if v := recover(); v != nil {
			w.failed(fmt.Errorf("%w: %s", errPanicked, panictext.Of(v)))
		}
	}()
	if err := f(); err != nil {
		w.failed(err)
	}
}

// failed counts a failure, and reports it if the last report is long enough ago. It
// reports on a goroutine of its own, because the error handler may lead back to this
// writer, and must not block the caller.
func (w *phaseWriter) failed(err error) {
	failures := w.failures.Add(1)
	now := time.Since(w.created)
	last := w.reported.Load()
	if last != 0 && now-time.Duration(last) < reportInterval || !w.reported.CompareAndSwap(last, int64(now)) {
		return
	}
	go func() {
		defer func() { _ = recover() }() // there is nowhere to report a panic of the handler
		otel.Handle(fmt.Errorf("asynclog: synchronous phase: %w (failures so far: %d)", err, failures))
	}()
}
