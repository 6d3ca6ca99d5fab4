package bridge_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/metric/noop"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// The queue is large enough, and a round short enough, that nothing is dropped.
const (
	benchQueue = 1 << 15
	benchRound = benchQueue / 2
)

// newBenchPipe returns a pipeline whose exporter accepts everything.
func newBenchPipe(b *testing.B, decorators ...sdklog.Processor) *pipe {
	b.Helper()
	return newDecoratedPipe(b, decorators, exportertest.New(exportertest.WithoutRecords()),
		processor.WithMaxQueueSize(benchQueue), processor.WithMeterProvider(noop.NewMeterProvider()))
}

// logInRounds makes b.N calls, and drains the queue after each round of them, with
// the clock stopped.
func logInRounds(b *testing.B, p *pipe, call func(context.Context)) {
	b.Helper()
	ctx := context.Background()
	drain := func() {
		if err := p.ForceFlush(ctx); err != nil {
			b.Fatal(err)
		}
	}
	for range benchRound { // warm
		call(ctx)
	}
	drain()
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= benchRound {
		for range min(left, benchRound) {
			call(ctx)
		}
		b.StopTimer()
		drain()
		b.StartTimer()
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	if s := p.processor.Stats(); s.Exported != s.Emitted {
		b.Fatalf("dropped records flatter the result: %+v", s)
	}
}
