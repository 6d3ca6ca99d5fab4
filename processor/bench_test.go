package processor_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric/noop"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// The rival is the SDK's batch processor, in the same run and with the same
// queue, batch and exporter. Sub-benchmarks are named key=value for benchstat.

type contender struct {
	name string
	make func(e sdklog.Exporter, queue int) sdklog.Processor
}

var contenders = []contender{
	{"sdk", func(e sdklog.Exporter, queue int) sdklog.Processor {
		return sdklog.NewBatchProcessor(e, sdklog.WithMaxQueueSize(queue))
	}},
	{"asynclog", func(e sdklog.Exporter, queue int) sdklog.Processor {
		return processor.New(e, processor.WithMaxQueueSize(queue), processor.WithMeterProvider(noop.NewMeterProvider()))
	}},
}

// sink is an exporter that accepts everything, after a delay.
type sink struct{ latency time.Duration }

func (s sink) Export(context.Context, []sdklog.Record) error {
	if s.latency > 0 {
		time.Sleep(s.latency)
	}
	return nil
}
func (sink) ForceFlush(context.Context) error { return nil }
func (sink) Shutdown(context.Context) error   { return nil }

func benchRecord(attrs int) sdklog.Record {
	kvs := make([]attribute.KeyValue, attrs)
	for i := range kvs {
		kvs[i] = attribute.String(fmt.Sprintf("key%d", i), "value")
	}
	return exportertest.Record(log.SeverityInfo, "a message of ordinary length for a benchmark", kvs...)
}

// BenchmarkHandOver measures what a log call pays: OnEmit into a warm queue with a live
// consumer. No record is dropped by either side: rounds of at most half the queue are
// emitted, and between them the queue is drained with the clock stopped.
func BenchmarkHandOver(b *testing.B) {
	const queue = 1 << 16
	for _, goroutines := range []int{1, 8, 32} {
		for _, attrs := range []int{0, 5} {
			for _, c := range contenders {
				b.Run(fmt.Sprintf("goroutines=%d/attrs=%d/impl=%s", goroutines, attrs, c.name), func(b *testing.B) {
					p := c.make(sink{}, queue)
					defer shutdown(b, p)
					rounds(b, p, benchRecord(attrs), goroutines, queue/2)
				})
			}
		}
	}
}

// BenchmarkHandOverBytes is BenchmarkHandOver with a bound of bytes that is never
// reached: the caller pays for examining its whole record, and for a counter that all
// callers share.
func BenchmarkHandOverBytes(b *testing.B) {
	const queue = 1 << 16
	for _, goroutines := range []int{1, 8, 32} {
		for _, attrs := range []int{0, 5} {
			for _, bytes := range []string{"off", "on"} {
				b.Run(fmt.Sprintf("goroutines=%d/attrs=%d/bytes=%s", goroutines, attrs, bytes), func(b *testing.B) {
					opts := []processor.Option{processor.WithMaxQueueSize(queue), processor.WithMeterProvider(noop.NewMeterProvider())}
					if bytes == "on" {
						opts = append(opts, processor.WithMaxQueueBytes(1<<30))
					}
					p := processor.New(sink{}, opts...)
					defer shutdown(b, p)
					rounds(b, p, benchRecord(attrs), goroutines, queue/2)
				})
			}
		}
	}
}

// rounds emits b.N records from the given number of goroutines, and drains the queue
// after each round.
func rounds(b *testing.B, p sdklog.Processor, r sdklog.Record, goroutines, round int) {
	b.Helper()
	ctx := context.Background()
	emit := func(n int) {
		r := r
		for range n {
			_ = p.OnEmit(ctx, &r)
		}
	}
	drain := func() {
		if err := p.ForceFlush(ctx); err != nil {
			b.Fatal(err)
		}
	}
	emit(round) // warm
	drain()
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= round {
		n := min(left, round)
		if goroutines == 1 {
			emit(n)
		} else {
			var wg sync.WaitGroup
			for g := range goroutines {
				wg.Go(func() { emit((n + g) / goroutines) }) // the shares add up to n
			}
			wg.Wait()
		}
		b.StopTimer()
		drain()
		b.StartTimer()
	}
}

// shutdown ends a benchmark, and checks that nothing was dropped.
func shutdown(b *testing.B, p sdklog.Processor) {
	b.Helper()
	if err := p.Shutdown(context.Background()); err != nil {
		b.Fatal(err)
	}
	if p, ok := p.(*processor.Processor); ok {
		if s := p.Stats(); s.Exported != s.Emitted {
			b.Fatalf("dropped records flatter the result: %+v", s)
		}
	}
}

// BenchmarkEnabled measures what a log call pays that is not made: without a minimum
// severity, with and without a check of the queue, and under pressure.
func BenchmarkEnabled(b *testing.B) {
	for _, c := range []struct {
		name string
		opts []processor.Option
		fill int
	}{
		{"none", nil, 0},
		{"calm", []processor.Option{processor.WithPressure(processor.PressureConfig{})}, 0},
		{"high", []processor.Option{processor.WithPressure(processor.PressureConfig{})}, 2 * 2048},
	} {
		b.Run("pressure="+c.name, func(b *testing.B) {
			e := exportertest.New(exportertest.WithoutRecords())
			release := e.Block()
			p := processor.New(e, c.opts...)
			r := benchRecord(3)
			ctx := context.Background()
			for range c.fill {
				_ = p.OnEmit(ctx, &r)
			}
			debug := sdklog.EnabledParameters{Severity: log.SeverityDebug}
			if got, want := p.Enabled(ctx, debug), c.fill == 0; got != want {
				b.Fatalf("enabled %t, want %t", got, want)
			}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					p.Enabled(ctx, debug)
				}
			})
			release()
			_ = p.Shutdown(ctx)
		})
	}
}

// BenchmarkBurst is OnEmit into a queue that was not used yet: it needs memory for 40
// batches, which is not allocated yet.
func BenchmarkBurst(b *testing.B) {
	const burst = 40 * 512
	for _, c := range contenders {
		b.Run("impl="+c.name, func(b *testing.B) {
			r := benchRecord(3)
			ctx := context.Background()
			for b.Loop() {
				b.StopTimer()
				p := c.make(sink{}, 50_000)
				runtime.GC()
				b.StartTimer()
				for range burst {
					_ = p.OnEmit(ctx, &r)
				}
				b.StopTimer()
				shutdown(b, p)
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/burst, "ns/record")
		})
	}
}

// BenchmarkFull is OnEmit into a full queue behind an exporter that is blocked: the cost
// of being refused or of displacing another record. The SDK always displaces the oldest;
// compare it with policy=DropOldest.
func BenchmarkFull(b *testing.B) {
	full := func(b *testing.B, release func(), p sdklog.Processor) {
		b.Helper()
		r := benchRecord(3)
		ctx := context.Background()
		for range 4 * 2048 {
			_ = p.OnEmit(ctx, &r)
		}
		b.ReportAllocs()
		for b.Loop() {
			_ = p.OnEmit(ctx, &r)
		}
		release()
		_ = p.Shutdown(ctx)
	}
	b.Run("policy=DropOldest/impl=sdk", func(b *testing.B) {
		e := exportertest.New(exportertest.WithoutRecords())
		release := e.Block()
		full(b, release, sdklog.NewBatchProcessor(e))
	})
	for _, o := range []processor.Overflow{processor.DropNewest, processor.DropOldest, processor.DropLowest} {
		b.Run(fmt.Sprintf("policy=%v/impl=asynclog", o), func(b *testing.B) {
			e := exportertest.New(exportertest.WithoutRecords())
			release := e.Block()
			full(b, release, processor.New(e, processor.WithOverflow(o)))
		})
	}
}

// BenchmarkDeliver is the time from the first record until the last one is delivered
// behind an exporter that takes 10 ms a batch: with the SDK, which has one exporter, and
// with eight. Both deliver every record.
func BenchmarkDeliver(b *testing.B) {
	const records = 64 * 512
	slow := sink{latency: 10 * time.Millisecond}
	for _, c := range []struct {
		name string
		make func() sdklog.Processor
	}{
		{"exporters=1/impl=sdk", func() sdklog.Processor { return contenders[0].make(slow, records) }},
		{"exporters=1/impl=asynclog", func() sdklog.Processor { return contenders[1].make(slow, records) }},
		{"exporters=8/impl=asynclog", func() sdklog.Processor {
			more := make([]sdklog.Exporter, 7)
			for i := range more {
				more[i] = &sink{latency: slow.latency}
			}
			return processor.New(slow, processor.WithMaxQueueSize(records), processor.WithExporters(more...))
		}},
	} {
		b.Run("latency=10ms/"+c.name, func(b *testing.B) {
			p := c.make()
			defer shutdown(b, p)
			r := benchRecord(3)
			ctx := context.Background()
			for b.Loop() {
				for range records {
					_ = p.OnEmit(ctx, &r)
				}
				if err := p.ForceFlush(ctx); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(records*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// BenchmarkIdle is the heap that an idle processor with a capacity of 50,000 records
// holds.
func BenchmarkIdle(b *testing.B) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for _, c := range contenders {
		b.Run("queue=50000/impl="+c.name, func(b *testing.B) {
			var held uint64
			for b.Loop() {
				before := heap()
				p := c.make(sink{}, 50_000)
				time.Sleep(10 * time.Millisecond) // goroutines start
				held = max(heap(), before) - before
				shutdown(b, p)
				runtime.KeepAlive(p)
			}
			b.ReportMetric(float64(held)/(1<<20), "MiB")
		})
	}
}
