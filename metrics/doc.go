// Package metrics times operations, and tells what a pipeline does: as an
// OpenTelemetry histogram, in the process, and on a page for a browser.
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
// Each duration is recorded when its timer is stopped, with the context it was
// started with:
//
//   - asynclog.operation.duration (s): operation.name, and error.type if the
//     operation failed.
//
// Recorded with a sampled span's context it carries an exemplar, which leads from
// a slow bucket to the trace; the SDK does that without configuration. The
// buckets go from 1 µs to 10 s, three a decade. They are advice to the SDK; a View
// has the last word, one for exponential histograms for instance:
//
//	sdkmetric.NewView(
//		sdkmetric.Instrument{Name: metrics.DurationName},
//		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}},
//	)
//
// With [WithTracer] each timed operation is a span, too: one call gives the
// histogram, the span, and the exemplar that leads from one to the other.
//
// # Timers
//
// A [Timer] is a value. Starting and stopping one allocates nothing and costs
// little more than reading the clock twice and recording a measurement with a
// ready attribute set. Timers nest, run side by side, and may be stopped on another
// goroutine; the first stop counts, any other records nothing. One that is never
// stopped records nothing either, and is collected as garbage.
//
// # Statistics
//
// [Monitor.Stats] has the figures of each operation: count, failures, mean, minimum
// and maximum, the mean of the last ten, percentiles of the last 512 ([WithWindow]),
// and the last duration. They need no SDK and no backend. Their memory is bounded:
// as many operations as [WithMaxOperations] says have figures of their own, the rest
// are counted as [OverflowName]. [WithIdleExpiry] makes room again, [Monitor.Reset]
// begins anew.
//
// Memory: an operation takes about 1 KiB, and 16 bytes for each duration of its
// window, once for each processor it runs on, at most eight times. A thousand busy
// operations take 16 MiB on two processors.
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
// It only reads and shows no secrets, but it is as public as the server it is
// mounted on.
package metrics
