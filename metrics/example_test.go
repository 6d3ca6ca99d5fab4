package metrics_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/metrics"
	"github.com/krunchwrapper/asynclog/processor"
)

func Example() {
	monitor, err := metrics.NewMonitor() // on the global MeterProvider
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()

	timer := monitor.Start(ctx, "parse")
	timer.StopErr(errors.New("unexpected end"))

	for range 3 {
		monitor.Start(ctx, "parse").Stop()
	}

	s := monitor.Stats()["parse"]
	fmt.Println(s.Count, "times,", s.Failures, "failed")
	fmt.Println(s.Min <= s.Mean && s.Mean <= s.Max)
	// Output:
	// 4 times, 1 failed
	// true
}

func ExampleMonitor_Start() {
	monitor, _ := metrics.NewMonitor()
	load := func(ctx context.Context) (err error) {
		timer := monitor.Start(ctx, "load")
		defer func() { timer.StopErr(err) }()
		// Operations timed with the timer's context are part of it.
		defer monitor.Start(timer.Context(), "read").Stop()
		return errors.New("no such file")
	}
	fmt.Println(load(context.Background()))
	fmt.Println(monitor.Stats()["load"].Failures, monitor.Stats()["read"].Failures)
	// Output:
	// no such file
	// 1 0
}

func ExampleMonitor_Time() {
	monitor, _ := metrics.NewMonitor()
	err := monitor.Time(context.Background(), "store", func(context.Context) error {
		return errors.New("disk full")
	})
	fmt.Println(err)
	fmt.Println(monitor.Stats()["store"].Failures)
	// Output:
	// disk full
	// 1
}

func ExampleTimer_Stop() {
	monitor, _ := metrics.NewMonitor()
	timer := monitor.Start(context.Background(), "wait")
	time.Sleep(time.Millisecond)
	fmt.Println(timer.Stop() >= time.Millisecond)
	fmt.Println(timer.Stop()) // records nothing
	fmt.Println(monitor.Stats()["wait"].Count)
	// Output:
	// true
	// 0s
	// 1
}

func ExampleWithTracer() {
	provider := sdktrace.NewTracerProvider()
	monitor, _ := metrics.NewMonitor(metrics.WithTracer(provider.Tracer("my/package")))

	outer := monitor.Start(context.Background(), "outer")
	inner := monitor.Start(outer.Context(), "inner")
	a, b := trace.SpanContextFromContext(outer.Context()), trace.SpanContextFromContext(inner.Context())
	fmt.Println(a.TraceID() == b.TraceID(), a.SpanID() == b.SpanID())
	inner.Stop()
	outer.Stop()
	// Output: true false
}

func ExampleWithMaxOperations() {
	monitor, _ := metrics.NewMonitor(metrics.WithMaxOperations(2))
	for _, path := range []string{"/users/1", "/users/2", "/users/3", "/users/4"} {
		monitor.Start(context.Background(), path).Stop()
	}
	stats := monitor.Stats()
	fmt.Println(len(stats), stats["_other"].Count)
	// Output: 3 2
}

// A View turns the histogram into an exponential one, whose buckets adapt to what
// is measured.
func Example_exponentialHistogram() {
	reader := sdkmetric.NewManualReader() // or a periodic one
	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(reader),
		sdkmetric.WithView(sdkmetric.NewView(
			sdkmetric.Instrument{Name: metrics.DurationName},
			sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}},
		)),
	)
	monitor, _ := metrics.NewMonitor(metrics.WithMeterProvider(provider))
	monitor.Start(context.Background(), "parse").Stop()

	var collected metricdata.ResourceMetrics
	_ = reader.Collect(context.Background(), &collected)
	m := collected.ScopeMetrics[0].Metrics[0]
	fmt.Printf("%s %T\n", m.Name, m.Data)
	// Output: asynclog.operation.duration metricdata.ExponentialHistogram[float64]
}

func ExampleStatistics() {
	statistics := metrics.Statistics{
		AsyncLogging: processor.Stats{
			Emitted: 5, Exported: 3, Queued: 1, Capacity: 2048,
			Dropped: []processor.Drop{{Reason: processor.ReasonQueueFull, Severity: 9, Count: 1}},
		},
		PerformanceMonitoring: map[string]metrics.OperationStats{
			"parse": {
				Count: 2, Mean: 15 * time.Millisecond, Min: 10 * time.Millisecond, Max: 20 * time.Millisecond,
				RecentMean: 15 * time.Millisecond, P50: 10 * time.Millisecond, P90: 20 * time.Millisecond,
				P99: 20 * time.Millisecond, Last: 20 * time.Millisecond, LastTime: time.Unix(1e9, 0),
			},
		},
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	_ = e.Encode(statistics)
	// Output:
	// {
	//   "async_logging": {
	//     "messages_logged": 5,
	//     "filtered": 0,
	//     "exported": 3,
	//     "fallback": 0,
	//     "dropped_total": 1,
	//     "dropped": {
	//       "queue_full": {
	//         "INFO": 1
	//       }
	//     },
	//     "queue_size": 1,
	//     "queue_capacity": 2048,
	//     "queue_bytes": 0,
	//     "queue_bytes_capacity": 0,
	//     "in_flight": 0,
	//     "balanced": true,
	//     "degraded": false,
	//     "consecutive_failures": 0,
	//     "retries": 0,
	//     "fallback_copies": 0,
	//     "fallback_withheld": 0,
	//     "suppressed": 0,
	//     "gap_records": 0,
	//     "exporters": []
	//   },
	//   "performance_monitoring": {
	//     "parse": {
	//       "count": 2,
	//       "failures": 0,
	//       "mean_seconds": 0.015,
	//       "min_seconds": 0.01,
	//       "max_seconds": 0.02,
	//       "recent_mean_seconds": 0.015,
	//       "p50_seconds": 0.01,
	//       "p90_seconds": 0.02,
	//       "p99_seconds": 0.02,
	//       "last_seconds": 0.02,
	//       "last_time": "2001-09-09T01:46:40Z"
	//     }
	//   }
	// }
}

func ExampleHandler() {
	p := processor.New(nil) // of your pipeline
	defer func() { _ = p.Shutdown(context.Background()) }()
	monitor, _ := metrics.NewMonitor()

	mux := http.NewServeMux()
	mux.Handle("/debug/asynclog", metrics.Handler(func() metrics.Statistics {
		return metrics.Statistics{AsyncLogging: p.Stats(), PerformanceMonitoring: monitor.Stats()}
	}))

	server := httptest.NewServer(mux) // or http.ListenAndServe("localhost:6060", mux)
	defer server.Close()
	answer, err := http.Get(server.URL + "/debug/asynclog") //nolint:noctx // an example
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	var got map[string]any
	text, _ := io.ReadAll(answer.Body)
	_ = json.Unmarshal(text, &got)
	fmt.Println(answer.Header.Get("Content-Type"), len(got))
	// Output: application/json 2
}
