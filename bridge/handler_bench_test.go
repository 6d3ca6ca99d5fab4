package bridge_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
)

// BenchmarkDisabled is a call below the level. The rival is slog's own TextHandler.
func BenchmarkDisabled(b *testing.B) {
	p := newBenchPipe(b)
	var level slog.LevelVar
	text := slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: &level})
	own := bridge.NewHandler("bench", bridge.WithLoggerProvider(p), bridge.WithLevel(&level))
	run := func(name string, l *slog.Logger) {
		b.Run("impl="+name, func(b *testing.B) {
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				l.DebugContext(ctx, "not wanted")
			}
		})
	}
	run("slogtext", slog.New(text))
	run("asynclog", slog.New(own))
	b.Run("impl=installed", func(b *testing.B) {
		defer bridge.Install(p, bridge.WithLevel(&level))()
		l := slog.Default()
		ctx := context.Background()
		b.ReportAllocs()
		for b.Loop() {
			l.DebugContext(ctx, "not wanted")
		}
	})
}

// BenchmarkEnabled is a call that ends in the queue of the processor, which is
// the same for all. The rival is otelslog's bare handler. Nothing is dropped: the
// queue is drained, with the clock stopped, before it is full.
func BenchmarkEnabled(b *testing.B) {
	for _, attrs := range []struct {
		name string
		list []slog.Attr
	}{
		{"attrs=0", nil},
		{"attrs=3", []slog.Attr{slog.String("user", "u1"), slog.Int("n", 1), slog.Duration("took", time.Second)}},
	} {
		for _, impl := range []struct {
			name   string
			logger func(*sdklog.LoggerProvider) (l *slog.Logger, end func())
		}{
			{"otelslog", func(p *sdklog.LoggerProvider) (*slog.Logger, func()) {
				return otelslog.NewLogger("bench", otelslog.WithLoggerProvider(p)), func() {}
			}},
			{"asynclog", func(p *sdklog.LoggerProvider) (*slog.Logger, func()) {
				return slog.New(bridge.NewHandler("bench", bridge.WithLoggerProvider(p))), func() {}
			}},
			{"installed", func(p *sdklog.LoggerProvider) (*slog.Logger, func()) {
				restore := bridge.Install(p)
				return slog.Default(), restore
			}},
		} {
			b.Run(attrs.name+"/impl="+impl.name, func(b *testing.B) {
				p := newBenchPipe(b)
				l, end := impl.logger(p.LoggerProvider)
				defer end()
				logInRounds(b, p, func(ctx context.Context) {
					l.LogAttrs(ctx, slog.LevelInfo, "a message of ordinary length for a benchmark", attrs.list...)
				})
			})
		}
	}
}
