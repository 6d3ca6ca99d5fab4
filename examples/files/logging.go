package main

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/processor"
)

// startLogging directs all logging of the process to the output. Most programs need
// no more for that than asynclog.Start(ctx); the options are what the flags ask for.
func startLogging(ctx context.Context, opts *options, out *output, con *console) (*asynclog.Pipeline, error) {
	// Otherwise errors of OpenTelemetry, such as that of an export, go to standard
	// error past the console.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(con.report))

	cfg, err := envconfig.Load(envconfig.WithLevel(slog.LevelDebug), envconfig.WithVerbose(true))
	if err != nil {
		return nil, err
	}
	switch {
	case opts.queue > 0:
		cfg.QueueSize = opts.queue
	case cfg.Sources.QueueSize.Origin == envconfig.FromProfile: // neither variable nor file says
		cfg.QueueSize = defaultQueue
	}
	return asynclog.Start(ctx,
		asynclog.WithServiceName("files"),
		asynclog.WithOutput(out),
		asynclog.WithConfig(cfg),
		asynclog.WithProcessorOptions(
			processor.WithOverflow(opts.overflow()),
			processor.WithFallback(con),
			// The summary tells of losses, and compares the records with the log calls,
			// so none may be added, and none left out.
			processor.WithGapRecords(false),
		),
		// No phase is synchronous: each document has a COMPLETION, which would make it
		// a batch of its own, and an ERROR is on the console and exported at once anyway.
		asynclog.WithBridgeOptions(bridge.WithSynchronousPhases()),
	)
}
