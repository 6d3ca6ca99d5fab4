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

// startLogging directs all logging of the process to the output. Most programs need only
// asynclog.Start(ctx); the options here follow the flags.
func startLogging(ctx context.Context, opts *options, out *output, con *console) (*asynclog.Pipeline, error) {
	// Without this handler, errors of OpenTelemetry, such as a failed export, would
	// bypass the console on their way to standard error.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(con.report))

	cfg, err := envconfig.Load(envconfig.WithLevel(slog.LevelDebug), envconfig.WithVerbose(true))
	if err != nil {
		return nil, err
	}
	switch {
	case opts.queue > 0:
		cfg.QueueSize = opts.queue
	case cfg.Sources.QueueSize.Name == string(cfg.Environment): // the profile: neither a variable nor the file sets it
		cfg.QueueSize = defaultQueue
	}
	return asynclog.Start(ctx,
		asynclog.WithServiceName("files"),
		asynclog.WithOutput(out),
		asynclog.WithConfig(cfg),
		asynclog.WithProcessorOptions(
			processor.WithOverflow(opts.overflow()),
			processor.WithFallback(con),
			// The summary reports losses, and compares the number of records with that of
			// log calls. Gap records would be extra records.
			processor.WithGapRecords(false),
		),
		// No phase is synchronous. Each document has a COMPLETION, which would close a
		// batch for each document. An ERROR is on the console, and is exported at once
		// because of its severity.
		asynclog.WithBridgeOptions(bridge.WithSynchronousPhases()),
	)
}
