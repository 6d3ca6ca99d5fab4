package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/krunchwrapper/asynclog/metrics"
)

// The rival is what a careful user writes by hand: two calls of time.Now and one
// Float64Histogram.Record with a ready attribute set, on the same buckets. Sub-benchmarks are named key=value for benchstat.

func provider(b *testing.B) metric.MeterProvider {
	b.Helper()
	return sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
}

func rawHistogram(b *testing.B) metric.Float64Histogram {
	b.Helper()
	h, err := provider(b).Meter("raw").Float64Histogram("duration", metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(
			1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4,
			1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, .1, .25, .5, 1, 2.5, 5, 10))
	if err != nil {
		b.Fatal(err)
	}
	return h
}

// raw returns the rival. Each call times an operation that does nothing.
func raw(h metric.Float64Histogram, operation string) func(context.Context) {
	opts := []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(attribute.String("operation.name", operation)))}
	return func(ctx context.Context) {
		start := time.Now()
		end := time.Now()
		h.Record(ctx, end.Sub(start).Seconds(), opts...)
	}
}

func monitor(b *testing.B, opts ...metrics.Option) *metrics.Monitor {
	b.Helper()
	m, err := metrics.NewMonitor(append(opts, metrics.WithMeterProvider(provider(b)))...)
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// rivals are the two implementations. Each call of the function that make returns
// gives one more operation.
var rivals = []struct {
	name string
	make func(b *testing.B) func(operation string) func(context.Context)
}{
	{"raw", func(b *testing.B) func(string) func(context.Context) {
		b.Helper()
		h := rawHistogram(b)
		return func(operation string) func(context.Context) { return raw(h, operation) }
	}},
	{"asynclog", func(b *testing.B) func(string) func(context.Context) {
		b.Helper()
		m := monitor(b)
		return func(operation string) func(context.Context) {
			return func(ctx context.Context) { m.Start(ctx, operation).Stop() }
		}
	}},
}

// BenchmarkTime is Start and Stop, on one goroutine and on one goroutine for each
// processor. Those time the same operation, or each its own. Time is per operation:
// half of it would be perfect on two processors, but the histogram that all share
// sets the limit, for the rival too.
func BenchmarkTime(b *testing.B) {
	for _, impl := range rivals {
		b.Run("goroutines=1/operation=same/impl="+impl.name, func(b *testing.B) {
			ctx, once := b.Context(), impl.make(b)("parse")
			b.ReportAllocs()
			for b.Loop() {
				once(ctx)
			}
		})
	}
	for _, own := range []bool{false, true} {
		for _, impl := range rivals {
			b.Run(fmt.Sprintf("goroutines=procs/operation=%s/impl=%s", map[bool]string{false: "same", true: "own"}[own], impl.name), func(b *testing.B) {
				ctx, operation := b.Context(), impl.make(b)
				var goroutines atomic.Int64
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					name := "parse"
					if own {
						name = fmt.Sprintf("parse %d", goroutines.Add(1))
					}
					once := operation(name)
					for pb.Next() {
						once(ctx)
					}
				})
			})
		}
	}
}

// BenchmarkOwnPart is Start and Stop without the SDK. It shows the monitor's own
// cost, and that the cost falls, not rises, on several processors.
func BenchmarkOwnPart(b *testing.B) {
	m, err := metrics.NewMonitor(metrics.WithMeterProvider(noop.NewMeterProvider()))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("goroutines=1/impl=asynclog", func(b *testing.B) {
		ctx := b.Context()
		b.ReportAllocs()
		for b.Loop() {
			m.Start(ctx, "parse").Stop()
		}
	})
	b.Run("goroutines=procs/impl=asynclog", func(b *testing.B) {
		ctx := b.Context()
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				m.Start(ctx, "parse").Stop()
			}
		})
	})
}

// BenchmarkPolled is Start and Stop while another goroutine takes snapshots
// without a pause.
func BenchmarkPolled(b *testing.B) {
	m, ctx := monitor(b), b.Context()
	for range 1000 {
		m.Start(ctx, "parse").Stop()
	}
	stop := make(chan struct{})
	var poller sync.WaitGroup
	poller.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				m.Stats()
			}
		}
	})
	b.ReportAllocs()
	for b.Loop() {
		m.Start(ctx, "parse").Stop()
	}
	close(stop)
	poller.Wait()
}

// BenchmarkStats is a snapshot of operations with full windows.
func BenchmarkStats(b *testing.B) {
	for _, operations := range []int{10, 1_000} {
		b.Run(fmt.Sprintf("operations=%d", operations), func(b *testing.B) {
			m := monitor(b)
			for i := range operations {
				for range 512 {
					m.Start(b.Context(), fmt.Sprintf("operation %d", i)).Stop()
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				m.Stats()
			}
		})
	}
}

// BenchmarkFailure is StopErr with an error.
func BenchmarkFailure(b *testing.B) {
	m, ctx := monitor(b), b.Context()
	err := fmt.Errorf("reading: %w", errors.New("refused"))
	b.ReportAllocs()
	for b.Loop() {
		m.Start(ctx, "parse").StopErr(err)
	}
}

// BenchmarkNames is a flood of names that are counted together.
func BenchmarkNames(b *testing.B) {
	m, ctx := monitor(b, metrics.WithMaxOperations(100)), b.Context()
	names := make([]string, 10_000)
	for i := range names {
		names[i] = fmt.Sprintf("GET /users/%d", i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Start(ctx, names[i%len(names)]).Stop()
	}
}
