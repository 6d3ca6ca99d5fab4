// Package asynclog starts the log pipeline of a process with one call, and ends it
// without losing a record that it does not count.
//
//	p, err := asynclog.Start(ctx)
//	if err != nil {
//		return err
//	}
//	defer p.Shutdown(ctx)
//
//	slog.InfoContext(ctx, "ready", "port", 8080)
//
// That is the first page of the manual. All logging of the process, be it slog, the log
// package or OpenTelemetry's Logs API, now goes through a bounded queue to an exporter
// that works in the background: a log call takes a microsecond or two, and does not wait
// for a disk or a network. Without any configuration the exporter writes lines of JSON to
// standard output. To send records to a collector, give it another:
//
//	exporter, err := otlploggrpc.New(ctx) // reads OTEL_EXPORTER_OTLP_ENDPOINT
//	p, err := asynclog.Start(ctx, asynclog.WithExporter(exporter))
//
// # What Start makes
//
//	slog, log, zap … ─► bridge ─► LoggerProvider ─► correlation ID ─► queue ─► worker ─► exporter
//	PhaseLogger ─────────────────────▲                               └► ledger, fallback
//
// The parts are packages of their own, and can be wired by hand: [bridge.Install],
// [bridge.NewLogProcessor], [processor.New], [metrics.NewMonitor]. Programs that are
// configured by otelconf plug the processor in with otelconf.WithLoggerProviderOptions.
// The processor must be the last of the provider's, because it takes the record as it is.
//
// The [Pipeline] has what a program uses besides slog:
//
//   - [Pipeline.PhaseLogger] logs the phases of an operation as events,
//   - [Pipeline.Monitor] times operations into a histogram,
//   - [Pipeline.Statistics] tells where every record is or has ended,
//   - [Pipeline.LoggerProvider] is for bridges that are to be told.
//
// A correlation ID on the context ([bridge.ContextWithCorrelationID], [bridge.Middleware])
// is on all that is logged with it.
//
// # Configuration
//
// Package envconfig has the table. From the strongest to the weakest: options in the code
// ([WithConfigOptions], [WithConfig]), environment variables, the file
// config/config.jsonc, the profile for development or production. What is wrong in code or
// file is an error of Start that names it and what is allowed; what is wrong in the
// environment is told to otel.Handle and ignored.
//
//   - KRUNCHWRAPPER_LOG_LEVEL=DEBUG logs more, and brings the development profile.
//   - KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING=false exports each record before its log call
//     returns.
//   - OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say who logs; see [WithResource].
//   - OTEL_SDK_DISABLED=true makes a [Pipeline] of Start that does nothing.
//
// # Life cycle
//
// What is queued lives in memory, so a program has to end by way of the pipeline:
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
// [Pipeline.Shutdown] takes five seconds at most, unless its context has a deadline, and
// returns a [processor.ShutdownError] that says what it could not deliver. Then loggers
// are what they were before Start, and Start may be called again.
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
// Nothing in the pipeline ends the process or panics. A collector that is down, a full
// disk, a pipe that nobody reads: records are counted by reason and severity, those of
// severity ERROR and above are written to standard error, and otel.Handle is told, which
// prints to where the log package printed before Start. When the queue is full, the least
// severe records give way ([processor.DropLowest]). Where records were lost, a record with
// the event name asynclog.gap says so in the logs ([processor.WithGapRecords]). Package
// processor and the README list where a record can be lost.
package asynclog
