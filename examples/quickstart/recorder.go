package main

import (
	"context"
	"log/slog"
	"time"
)

// recorder logs, and takes the time that each call takes: that of slog, otelslog,
// the SDK and the processor, and whatever the scheduler does in between. Each
// goroutine has its own.
type recorder struct {
	logger  *slog.Logger
	latency histogram
}

func (r *recorder) log(ctx context.Context, level slog.Level, phase, message string, attrs ...slog.Attr) {
	attrs = append(attrs, slog.String("asynclog.phase", phase))
	start := time.Now()
	r.logger.LogAttrs(ctx, level, message, attrs...)
	r.latency.record(time.Since(start))
}

// fail logs that a document could not be processed, and in which phase.
func (r *recorder) fail(ctx context.Context, document, phase string, err error) {
	r.log(ctx, slog.LevelError, "ERROR", "document failed",
		slog.String("document", document),
		slog.String("failed.phase", phase),
		slog.Any("error", err),
	)
}
