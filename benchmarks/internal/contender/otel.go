package contender

import (
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
)

// newOTel is a contender that measures a log processor: OnEmit itself, or a call that
// reaches it through an SDK logger provider with its default settings.
func newOTel(cfg Config, p sdklog.Processor, handler func(*sdklog.LoggerProvider) slog.Handler) *Contender {
	c := &Contender{
		Drain: func(ctx context.Context, _ uint64) (time.Time, error) { return now(p.ForceFlush(ctx)) },
		Close: p.Shutdown,
	}
	ctx := context.Background()
	switch cfg.Level {
	case HandOver:
		c.Caller = func() func() {
			r := record()
			return func() { _ = p.OnEmit(ctx, &r) }
		}
	case Phase:
		phases := bridge.NewPhaseLogger(sdklog.NewLoggerProvider(sdklog.WithProcessor(p)))
		c.Caller = func() func() {
			return func() {
				phases.Log(ctx, "ANALYSIS", message,
					attribute.String("path", path), attribute.Int("status", status), attribute.Int64("took", int64(took)))
			}
		}
	default:
		c.Caller = slogCaller(handler(sdklog.NewLoggerProvider(sdklog.WithProcessor(p))))
	}
	return c
}

// slogCaller returns calls of LogAttrs, "the most efficient" way according to
// https://pkg.go.dev/log/slog#hdr-Attrs_and_Values.
func slogCaller(h slog.Handler) func() func() {
	l := slog.New(h)
	ctx := context.Background()
	return func() func() {
		return func() {
			l.LogAttrs(ctx, slog.LevelInfo, message,
				slog.String("method", method),
				slog.String("path", path),
				slog.Int("status", status),
				slog.Duration("took", took),
				slog.Bool("cached", cached),
			)
		}
	}
}
