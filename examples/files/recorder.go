package main

import (
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/bridge"
)

// recorder logs, and measures the duration of each call: the time in the bridge, the SDK
// and the processor, and pauses by the scheduler. Each goroutine has a recorder of its
// own.
type recorder struct {
	phases  *bridge.PhaseLogger
	latency histogram
}

// phase logs a phase of a document.
func (r *recorder) phase(ctx context.Context, phase, message string, data ...attribute.KeyValue) {
	start := time.Now()
	r.phases.Log(ctx, phase, message, data...)
	r.latency.record(time.Since(start))
}

// log logs a record that is not a phase, with the default logger of slog.
func (r *recorder) log(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	start := time.Now()
	slog.LogAttrs(ctx, level, message, attrs...)
	r.latency.record(time.Since(start))
}

// fail logs the phase ERROR: the document could not be processed, and failed in phase.
func (r *recorder) fail(ctx context.Context, document, phase string, err error) {
	r.phase(ctx, bridge.PhaseError, "document failed",
		attribute.String("document", document),
		attribute.String("failed.phase", phase),
		attribute.String("exception.message", err.Error()),
	)
}
