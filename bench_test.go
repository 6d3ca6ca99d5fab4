package asynclog_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/processor"
)

// firstExport is an exporter that signals its first export.
type firstExport struct {
	once  sync.Once
	first chan struct{}
}

func (s *firstExport) Export(context.Context, []sdklog.Record) error {
	s.once.Do(func() { close(s.first) })
	return nil
}
func (*firstExport) ForceFlush(context.Context) error { return nil }
func (*firstExport) Shutdown(context.Context) error   { return nil }

// BenchmarkStart measures a program's first moments together: Start, a log call, and the
// export of the record. An INFO record is flushed, because it would otherwise wait until
// its batch is full. An ERROR record is exported at once.
func BenchmarkStart(b *testing.B) {
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelError} {
		b.Run(fmt.Sprintf("record=%v/impl=start", level), func(b *testing.B) {
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				exporter := &firstExport{first: make(chan struct{})}
				p, err := asynclog.Start(ctx, asynclog.WithExporter(exporter))
				if err != nil {
					b.Fatal(err)
				}
				slog.Log(ctx, level, "the first")
				if level < slog.LevelError {
					_ = p.ForceFlush(ctx)
				}
				<-exporter.first
				b.StopTimer()
				if err := p.Shutdown(ctx); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

// benchAttrs are the attributes in both implementations.
var benchAttrs = []slog.Attr{slog.String("user", "u1"), slog.Int("n", 1), slog.Duration("took", time.Second)}

// BenchmarkLogCall measures a log call through the pipeline that Start builds. It is
// compared with a pipeline wired by hand: otelslog and the processor, with the same
// queue size. Nothing is dropped: between rounds of half the queue size, the queue is
// drained with the clock stopped.
func BenchmarkLogCall(b *testing.B) {
	const queue = 1 << 14
	for _, goroutines := range []int{1, 8} {
		for _, impl := range []struct {
			name string
			make func(b *testing.B) (*slog.Logger, func(context.Context) error, func() processor.Stats)
		}{
			{"handwired", func(b *testing.B) (*slog.Logger, func(context.Context) error, func() processor.Stats) {
				p := processor.New(nil, processor.WithMaxQueueSize(queue))
				provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
				b.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
				return otelslog.NewLogger("bench", otelslog.WithLoggerProvider(provider)), provider.ForceFlush, p.Stats
			}},
			{"start", func(b *testing.B) (*slog.Logger, func(context.Context) error, func() processor.Stats) {
				p, err := asynclog.Start(context.Background(), asynclog.WithExporter(sink{}),
					asynclog.WithConfigOptions(envconfig.WithQueueSize(queue)))
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { _ = p.Shutdown(context.Background()) })
				return slog.Default(), p.ForceFlush, func() processor.Stats { return p.Statistics().AsyncLogging }
			}},
		} {
			b.Run(fmt.Sprintf("goroutines=%d/impl=%s", goroutines, impl.name), func(b *testing.B) {
				logger, flush, stats := impl.make(b)
				logInRounds(b, logger, flush, goroutines, queue/2)
				if s := stats(); s.Exported != s.Emitted {
					b.Fatalf("dropped records flatter the result: %+v", s)
				}
			})
		}
	}
}

// sink is an exporter that accepts everything at once.
type sink struct{}

func (sink) Export(context.Context, []sdklog.Record) error { return nil }
func (sink) ForceFlush(context.Context) error              { return nil }
func (sink) Shutdown(context.Context) error                { return nil }

// logInRounds makes b.N calls from the given number of goroutines, and drains the queue
// after each round. An extra round before the measurement warms the queue.
func logInRounds(b *testing.B, logger *slog.Logger, flush func(context.Context) error, goroutines, round int) {
	b.Helper()
	ctx := context.Background()
	logAll := func(n int) {
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() {
				for range (n + g) / goroutines {
					logger.LogAttrs(ctx, slog.LevelInfo, "a message of ordinary length for a benchmark", benchAttrs...)
				}
			})
		}
		wg.Wait()
	}
	drain := func() {
		if err := flush(ctx); err != nil {
			b.Fatal(err)
		}
	}
	logAll(round)
	drain()
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= round {
		logAll(min(left, round))
		b.StopTimer()
		drain()
		b.StartTimer()
	}
	b.StopTimer()
}
