package contender

import (
	"context"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newZap is zap with its production encoder and a BufferedWriteSyncer, configured as in
// https://pkg.go.dev/go.uber.org/zap/zapcore#BufferedWriteSyncer. The buffer has the
// default size of 256 KiB. With a slow sink, where every flush makes callers wait, it has
// space for as many lines as the others hold records. The flush interval is that of the
// others, 1 s, instead of 30 s. The production preset's sampling is not used, because it
// drops records. The logger is not sugared: "in the few contexts where every microsecond counts, use the Logger"
// (https://pkg.go.dev/go.uber.org/zap).
func newZap(cfg Config) (*Contender, error) {
	if err := checkLevel(Zap, cfg, LogCall); err != nil {
		return nil, err
	}
	buffer := newBuffer(cfg)
	l := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), buffer, zap.InfoLevel))
	return &Contender{
		Caller: func() func() {
			return func() {
				l.Info(message,
					zap.String("method", method),
					zap.String("path", path),
					zap.Int("status", status),
					zap.Duration("took", took),
					zap.Bool("cached", cached),
				)
			}
		},
		Drain: func(context.Context, uint64) (time.Time, error) { return now(buffer.Sync()) },
		Close: func(context.Context) error { return buffer.Stop() },
	}, nil
}

// lineSize is an upper bound of the bytes in a line of the message.
const lineSize = 256

// newBuffer returns a buffer in front of the writer.
func newBuffer(cfg Config) *zapcore.BufferedWriteSyncer {
	b := &zapcore.BufferedWriteSyncer{WS: zapcore.AddSync(cfg.Writer), FlushInterval: time.Second}
	if cfg.LargeBuffer {
		b.Size = max(256<<10, cfg.Queue*lineSize)
	}
	return b
}
