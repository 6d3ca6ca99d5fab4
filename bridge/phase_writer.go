package bridge

import (
	"context"
	"errors"
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

// reportEvery is the least time between two reports to otel.Handle.
const reportEvery = 10 * time.Second

var errPanicked = errors.New("panic")

// line is a phase as it is written synchronously.
type line struct {
	time           time.Time
	phase, message string
	data           []attribute.KeyValue
}

// phaseWriter writes lines, and keeps the failures of others' code from the
// callers of a [PhaseLogger].
type phaseWriter struct {
	handler  *slog.TextHandler // serialises; nil: nothing is written
	failures atomic.Uint64
	began    time.Time
	reported atomic.Int64 // when a failure was last reported, in ns since began; 0: never
}

func newPhaseWriter(w io.Writer) *phaseWriter {
	pw := &phaseWriter{began: time.Now()}
	if w != nil {
		pw.handler = slog.NewTextHandler(fullWriter{w}, nil)
	}
	return pw
}

// fullWriter does not let a short write pass as a success.
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
	w.contain(func() error { return w.handler.Handle(ctx, r) })
}

// slogValue leaves all but text, numbers and booleans to OpenTelemetry's own
// rules for protocols that have no such values.
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
		w.contain(func() error { f(); return nil })
	}
}

// contain counts it if f fails or panics.
func (w *phaseWriter) contain(f func() error) {
	defer func() {
		if v := recover(); v != nil {
			w.failed(fmt.Errorf("%w: %s", errPanicked, panictext.Of(v)))
		}
	}()
	if err := f(); err != nil {
		w.failed(err)
	}
}

// failed reports on a goroutine of its own: the error handler may lead back to
// this writer, and must not hold the caller.
func (w *phaseWriter) failed(err error) {
	failures := w.failures.Add(1)
	now := time.Since(w.began)
	last := w.reported.Load()
	if last != 0 && now-time.Duration(last) < reportEvery || !w.reported.CompareAndSwap(last, int64(now)) {
		return
	}
	go func() {
		defer func() { _ = recover() }() // a handler's panic has no one left to be told to
		otel.Handle(fmt.Errorf("asynclog: synchronous phase: %w (%d failures so far)", err, failures))
	}()
}
