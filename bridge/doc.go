// Package bridge sends the logs of a Go program to OpenTelemetry, whichever library
// it logs with, and gives a correlation ID to everything that belongs to one request.
//
//	provider := sdklog.NewLoggerProvider(
//		sdklog.WithProcessor(bridge.NewLogProcessor()), // adds correlation.id
//		sdklog.WithProcessor(processor.New(exporter)),
//	)
//	restore := bridge.Install(provider) // slog, log and OpenTelemetry's global provider
//	…
//	restore()
//	provider.Shutdown(ctx)
//
// # slog
//
// [NewHandler] returns a handler for slog. The conversion of records is that of
// go.opentelemetry.io/contrib/bridges/otelslog; the handler adds a level that can
// change while the program runs ([WithLevel]) and that decides before anything else.
// Log with a context, as in [log/slog.InfoContext], wherever there is one: it
// carries the trace and the correlation ID.
//
// An error among the attributes of a record becomes exception.type and
// exception.message; of several, otelslog takes the last. If a method of a logged
// value panics, as Error of a nil pointer in an error interface does, the record
// says so, or "<nil>", and the panic does not reach the caller, as with slog's own
// handlers. After [Install] the same applies to errors in records of other libraries.
//
// # All logging
//
// [Install] directs all logging of the process to one provider, and back again.
// The logging libraries need this in addition:
//
//	slog               nothing: slog.Info, and what is derived from slog.Default
//	log                nothing: log.Print; for other loggers log.New(log.Writer(), …)
//	OpenTelemetry      nothing: otel.Logger, otel.GetLoggerProvider
//	zap                zap.New(otelzap.NewCore(name)), zap.ReplaceGlobals for zap.L and zap.S
//	logr               logr.FromSlogHandler(slog.Default().Handler())
//	klog               klog.SetLogger(logr.FromSlogHandler(slog.Default().Handler()))
//	controller-runtime ctrl.SetLogger(logr.FromSlogHandler(slog.Default().Handler()))
//	logrus             logrus.AddHook(otellogrus.NewHook(name))
//	zerolog            there is no bridge; zerolog.New(log.Writer()) makes each event's
//	                   JSON the body of a record, all of them at the level of log.Print
//
// otelzap and otellogrus are in go.opentelemetry.io/contrib/bridges. The version of
// otellogrus that belongs to otel/log v1.47, v0.21.0, is not released yet; v0.20.1,
// made for the version before, builds and works with it. The table is tested in the
// module integration/bridges.
//
// Existing loggers follow: slog and OpenTelemetry loggers obtained before Install,
// or during an earlier one, emit to the installation in effect. There are two
// exceptions. A logger of the slog default that a program starts with can only
// print with the log package: its records arrive with their level, but with their
// attributes in the text. And a logger of a global provider that was set with
// otel.SetLoggerProvider before the first Install stays with that provider.
//
// When the last installation has been restored, loggers that were obtained during
// it log to what was there before.
//
// A slog.SetDefault after Install redirects the log package, as it always does.
// Lines still arrive, but log.Fatal and log.Panic are no longer recognised. This
// keeps the log package as it is:
//
//	out := log.Writer()
//	slog.SetDefault(slog.With("service", "shop"))
//	log.SetOutput(out)
//
// # The log package
//
// A line becomes a record of level INFO ([WithStdLogLevel]), with the text, less
// the last newline, as its body. Install sets the flags of the log package to zero,
// because records have times and, with [WithSource], source locations of their own;
// a prefix remains part of the text.
//
// The call stack shows which function printed a line. A line of log.Fatal gets
// severity FATAL, one of log.Panic severity ERROR, and the provider is flushed before
// the process ends. The flush takes at most five seconds, or one for log.Panic, since
// a panic may yet be recovered. If it fails, or if the provider does not accept the
// line, the line is written to where the log package wrote before. Functions that
// wrap log.Fatal are recognised, those that print and call os.Exit are not.
//
// # No feedback
//
// Messages of the pipeline about itself must not go through it.
//
//   - OpenTelemetry's default error handler prints with the log package. Install
//     sets one that prints to where the log package wrote before. A handler that
//     the program has set, before or after, is not touched; the default one is
//     recognised by its type. If the program's own handler logs, the pipeline's
//     errors go through the pipeline.
//   - The asynclog processor does not accept records that an exporter logs with the
//     context it was given. Without that context they look like all other records: an
//     export that logs a record causes another export, after the export interval, or
//     at once if the record is critical.
//   - A line of the log package is emitted while the log package's mutex is held.
//     An exporter that prints with it must therefore not be called synchronously,
//     that is with processor.WithSynchronous or the SDK's simple processor: it
//     would wait for itself. In the background it may print, but then log.Fatal, which
//     holds the mutex while it flushes, waits five seconds in vain.
//
// # Phases
//
// A [PhaseLogger] logs the phases of an operation as events, directly on the
// OpenTelemetry Logs API:
//
//	phases := bridge.NewPhaseLogger(provider, bridge.WithExportNow(p.ExportNow))
//	phases.Log(ctx, "COMPRESSION", "compressed", attribute.Int("bytes", n))
//
// The phases ERROR and COMPLETION are also written to standard error
// ([WithSynchronousWriter]) while the caller waits, and exported at once. Apart from
// log.Fatal and log.Panic, these are the only log calls here that wait.
// [PhaseLogger.LogAny] accepts data of any Go type, and the correlation ID as a string.
//
// # Correlation
//
// [ContextWithCorrelationID] sets the ID of a context. The ID then reaches
//
//   - every record logged with the context, by the processor of [NewLogProcessor],
//     at the record's top level also inside slog groups,
//   - every span started with it, by the processor of [NewSpanProcessor], and the
//     span that is already recording,
//   - other services, by [NewTransport] and, with [WithBaggage], by W3C baggage.
//
// [Middleware] takes the ID from a request's headers, or creates one: the trace ID
// where there is a trace, so that one ID leads everywhere. Apart from it, only
// [PhaseLogger.LogAny] creates IDs.
package bridge
