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
// That is all. Records that the process logs with slog, the log package or
// OpenTelemetry's Logs API now go through a bounded queue to an exporter that works in
// the background. A log call takes a microsecond or two, and does not wait for a disk or
// a network. Without any configuration the exporter writes lines of JSON to standard
// output. To send records to a collector, give Start another exporter:
//
//	exporter, err := otlploggrpc.New(ctx) // reads OTEL_EXPORTER_OTLP_ENDPOINT
//	p, err := asynclog.Start(ctx, asynclog.WithExporter(exporter))
//
// # What Start builds
//
//	slog, log, zap … ─► bridge ─► LoggerProvider ─► correlation ID ─► queue ─► worker ─► exporter
//	PhaseLogger ─────────────────────▲                               └► ledger, fallback
//
// The components are in packages of their own, and can be combined by hand:
// [bridge.Install], [bridge.NewLogProcessor], [processor.New], [metrics.NewMonitor].
// Register the processor as the last one of its provider, after those that change
// records. Programs that are configured by otelconf add it with
// otelconf.WithLoggerProviderOptions.
//
// The methods of [Pipeline] complement slog:
//
//   - [Pipeline.PhaseLogger] logs the phases of an operation as events,
//   - [Pipeline.Monitor] times operations into a histogram,
//   - [Pipeline.Statistics] returns the current or final state of every record,
//   - [Pipeline.LoggerProvider] is for bridges of other logging libraries.
//
// A correlation ID on the context ([bridge.ContextWithCorrelationID], [bridge.Middleware])
// is added to every record that is logged with that context.
//
// # Configuration
//
// Package envconfig documents the whole configuration. Its sources are, from the
// strongest to the weakest: options in the code ([WithConfigOptions], [WithConfig]),
// environment variables, the file config/config.jsonc, and the profile for development
// or production. A mistake in the code or the file is an error of Start that names the
// mistake and the allowed values. A mistake in the environment is reported to
// otel.Handle and ignored.
//
//   - KRUNCHWRAPPER_LOG_LEVEL=DEBUG logs more, and selects the development profile.
//   - KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING=false exports each record before its log call
//     returns.
//   - OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES identify the service; see
//     [WithResource].
//   - OTEL_SDK_DISABLED=true makes Start return a [Pipeline] that does nothing.
//
// # Life cycle
//
// Queued records are in memory, so a program must let the pipeline export them before it
// ends:
//
//	how it ends                   call                            queued records
//	main returns                  defer p.Shutdown(ctx)           exported
//	SIGINT, SIGTERM, panic        asynclog.Run(ctx, serve)        exported; a panic is logged first
//	os.Exit                       p.Exit(code)                    exported
//	a fatal error                 p.Fatal(msg), log.Fatal(msg)    exported, and msg
//	kill -9, loss of power        –                               lost
//
// [Run] does all of this for a service:
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
// [Pipeline.Shutdown] takes at most five seconds, unless its context has a deadline. If
// it could not deliver all records, it returns a [processor.ShutdownError] with the
// number of lost records and the reasons. After it, the loggers are those from before
// Start, and Start may be called again.
//
// [Pipeline.Healthy] says whether telemetry gets out, for an alert:
//
//	mux.HandleFunc("GET /telemetry", func(w http.ResponseWriter, _ *http.Request) {
//		if err := p.Healthy(); err != nil {
//			http.Error(w, err.Error(), http.StatusServiceUnavailable)
//		}
//	})
//
// It is not for a readiness or liveness probe, which would take every instance of a
// service out of service when a collector is down.
//
// # Changes at run time
//
// [Pipeline.SetLevel] and [Pipeline.SetVerbose] take effect at once, for all loggers.
// [Pipeline.Handler] offers them to operators over HTTP, together with the statistics.
// It has no authentication, and must not be public. It can be requested as localhost, by
// IP address, and under names that are given to it.
//
// # When things go wrong
//
// The pipeline neither panics nor ends the process. If a collector is down, a disk is
// full, or nobody reads standard output, lost records are counted by reason and
// severity. Records of severity ERROR and above are written to standard error. The
// error is reported to otel.Handle, which prints where the log package printed before
// Start. When the queue is full, the least severe records are dropped
// ([processor.DropLowest]). Where records were lost, a gap record with the event name
// asynclog.gap says so in the logs ([processor.WithGapRecords]). Package processor and
// docs/failures.md list every way in which a record can be lost.
package asynclog
