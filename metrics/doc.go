// Package metrics times operations and shows what a pipeline does: in an
// OpenTelemetry histogram, in statistics within the process, and on a page for a
// browser.
//
//	monitor, err := metrics.NewMonitor()
//
//	timer := monitor.Start(ctx, "parse")
//	err = parse(timer.Context(), text)
//	timer.StopErr(err)
//
// or in one call, which also records a panic:
//
//	err := monitor.Time(ctx, "parse", func(ctx context.Context) error {
//		return parse(ctx, text)
//	})
//
// # The histogram
//
// Each duration is recorded when its timer is stopped, with the context with which
// the timer was started, in a histogram of the instrumentation scope
// github.com/krunchwrapper/asynclog/metrics:
//
//   - asynclog.operation.duration, in seconds. The attribute operation.name is the
//     name of the operation. The attribute error.type is set if the operation failed.
//
// A duration recorded with a sampled span's context carries an exemplar, which
// leads from a slow bucket to the trace. The SDK does that without configuration.
// The buckets go from 1 µs to 10 s, three a decade. They are advice to the SDK. A
// View overrides them, for example one for exponential histograms:
//
//	sdkmetric.NewView(
//		sdkmetric.Instrument{Name: metrics.DurationName},
//		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}},
//	)
//
// With [WithTracer] each timed operation is a span as well: one call gives the
// histogram, the span, and the exemplar that leads from one to the other. The span
// has the attribute operation.name, too.
//
// # Timers
//
// A [Timer] is a value. Starting and stopping one allocates nothing and costs
// little more than reading the clock twice and recording a measurement with a
// ready attribute set. Timers nest, run side by side, and may be stopped on another
// goroutine. The first stop records the duration; any other records nothing. A timer
// that is never stopped records nothing and is garbage-collected.
//
// # Statistics
//
// [Monitor.Stats] returns the figures of each operation: count, failures, mean,
// minimum and maximum, the mean of the last ten durations, percentiles of the last
// 512 durations, and the last duration. They need no SDK and no backend. Their
// memory is bounded: [WithMaxOperations] limits how many operations have figures of
// their own, and all others are counted together under the name "_other".
// [WithIdleExpiry] forgets operations that are no longer timed, and [Monitor.Reset]
// forgets all.
//
// Memory: an operation takes about 1 KiB, and up to 8 KiB for the last 512
// durations, once for each processor it runs on, at most eight times. A thousand
// busy operations take 16 MiB on two processors.
//
// # The page
//
// [Statistics] joins the monitor's figures with the ledger of a processor;
// [Handler] serves them, as JSON or, to a browser, as a page that shows them live:
//
//	http.Handle("/debug/asynclog", metrics.Handler(func() metrics.Statistics {
//		return metrics.Statistics{
//			AsyncLogging:          p.Stats(),
//			PerformanceMonitoring: monitor.Stats(),
//		}
//	}))
//
// The page only reads and shows no secrets, but it is as public as the server on
// which it is mounted. It can be requested as localhost, by IP address, and under the
// names that are given to Handler.
package metrics
