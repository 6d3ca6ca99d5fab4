// Package asynclog is the log pipeline of a process: one call starts it, log calls do
// not wait for it, and no record is lost without being counted.
//
//	p, err := asynclog.Start(ctx)
//	if err != nil {
//		return err
//	}
//	defer p.Shutdown(ctx)
//
//	slog.InfoContext(ctx, "ready", "port", 8080)
//
// That is all. What the process logs with slog, the log package or OpenTelemetry's Logs
// API now goes through a bounded queue to an exporter that works in the background. A
// log call takes a microsecond or two, and does not wait for a disk or a network.
// Without any configuration the exporter writes lines of JSON to standard output. To
// send records to a collector, give Start another exporter:
//
//	exporter, err := otlploggrpc.New(ctx) // reads OTEL_EXPORTER_OTLP_ENDPOINT
//	p, err := asynclog.Start(ctx, asynclog.WithExporter(exporter))
//
// # What Start makes
//
//	slog, log, zap … ─► bridge ─► LoggerProvider ─► correlation ID ─► queue ─► worker ─► exporter
//	PhaseLogger ─────────────────────▲                               └► ledger, fallback
//
// The parts are packages of their own, and can be put together by hand:
// [bridge.Install], [bridge.NewLogProcessor], [processor.New], [metrics.NewMonitor].
// Register the processor as the last of its provider, after those that change records.
// Programs that are configured by otelconf add it with
// otelconf.WithLoggerProviderOptions.
//
// The [Pipeline] has what a program uses besides slog:
//
//   - [Pipeline.PhaseLogger] logs the phases of an operation as events,
//   - [Pipeline.Monitor] times operations into a histogram,
//   - [Pipeline.Statistics] tells where every record is or has ended,
//   - [Pipeline.LoggerProvider] is for bridges of other logging libraries.
//
// A correlation ID on the context ([bridge.ContextWithCorrelationID], [bridge.Middleware])
// is on all that is logged with it.
//
// # Configuration
//
// Package envconfig documents all of it. From the strongest to the weakest: options in
// the code ([WithConfigOptions], [WithConfig]), environment variables, the file
// config/config.jsonc, the profile for development or production. A mistake in the code
// or the file is an error of Start that names it and says what is allowed; one in the
// environment is reported to otel.Handle and ignored.
//
//   - KRUNCHWRAPPER_LOG_LEVEL=DEBUG logs more, and selects the development profile.
//   - KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING=false exports each record before its log call
//     returns.
//   - OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say who logs; see [WithResource].
//   - OTEL_SDK_DISABLED=true has Start return a [Pipeline] that does nothing.
//
// # Life cycle
//
// Queued records are in memory, so a program must let the pipeline export them before it
// ends:
//
//	how it ends                   call                            what is queued
//	main returns                  defer p.Shutdown(ctx)           exported
//	SIGINT, SIGTERM, panic        asynclog.Run(ctx, serve)        exported; a panic is logged first
//	os.Exit                       p.Exit(code)                    exported
//	a fatal error                 p.Fatal(msg), log.Fatal(msg)    exported, and msg
//	kill -9, loss of power        –                               lost
//
// [Run] does all of it for a service:
//
//	func main() {
//		if err := asynclog.Run(context.Background(), serve); err != nil {
//			log.Fatal(err)
//		}
//	}
//
//	func serve(ctx context.Context) error {
//		p := asynclog.FromContext(ctx)
//		…
//		<-ctx.Done() // SIGTERM
//		return server.Shutdown(context.WithoutCancel(ctx))
//	}
//
// [Pipeline.Shutdown] takes five seconds at most, unless its context has a deadline. If
// it could not deliver everything, it returns a [processor.ShutdownError] that says
// what was lost. Then the loggers are what they were before Start, and Start may be
// called again.
//
// [Pipeline.Healthy] is for a readiness probe:
//
//	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
//		if err := p.Healthy(); err != nil {
//			http.Error(w, "logs do not get out", http.StatusServiceUnavailable)
//		}
//	})
//
// # Changes while it runs
//
// [Pipeline.SetLevel] and [Pipeline.SetVerbose] take effect at once, for all that logs.
// [Pipeline.Handler] serves them to operators, beside the statistics; it is not
// authenticated, and must not be public.
//
// # When things go wrong
//
// The pipeline neither panics nor ends the process. If a collector is down, a disk
// full, or nobody reads standard output, lost records are counted by reason and
// severity, those of severity ERROR and above are written to standard error, and
// otel.Handle is told, which prints where the log package printed before Start. When
// the queue is full, the least severe records give way ([processor.DropLowest]). Where
// records were lost, a record with the event name asynclog.gap says so in the logs
// ([processor.WithGapRecords]). Package processor and the README list every way in
// which a record can be lost.
package asynclog
