package main

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/processor"
)

// logging is the way of a record: the bridge, the SDK's provider, the processor,
// the exporter, the output.
type logging struct {
	phases    *bridge.PhaseLogger
	provider  *sdklog.LoggerProvider
	processor *processor.Processor
	restore   func() // ends that slog and the like log to the provider
}

// startLogging directs all logging of the process to the output.
func startLogging(ctx context.Context, opts *options, out *output, con *console) (*logging, error) {
	// Otherwise errors of OpenTelemetry, such as that of an export, go to standard
	// error past the console.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(con.report))

	exporter, err := stdoutlog.New(stdoutlog.WithWriter(out))
	if err != nil {
		return nil, err
	}
	p := processor.New(exporter,
		processor.WithMaxQueueSize(opts.queue),
		processor.WithOverflow(opts.overflow()),
		processor.WithFallback(con),
	)
	provider := sdklog.NewLoggerProvider(
		sdklog.WithResource(describe(ctx)),
		sdklog.WithProcessor(bridge.NewLogProcessor()), // before the one that takes the record
		sdklog.WithProcessor(p),
	)
	return &logging{
		// No phase is synchronous: each document has a COMPLETION, which would make it
		// a batch of its own, and an ERROR is on the console and exported at once anyway.
		phases:    bridge.NewPhaseLogger(provider, bridge.WithSynchronousPhases()),
		provider:  provider,
		processor: p,
		restore:   bridge.Install(provider, bridge.WithLevel(slog.LevelDebug)),
	}, nil
}

// describe returns what the records say about the program. OTEL_SERVICE_NAME and
// OTEL_RESOURCE_ATTRIBUTES come last, and so have the last word.
func describe(ctx context.Context) *resource.Resource {
	r, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "quickstart")),
		resource.WithFromEnv(),
	)
	if err != nil { // of the environment; the rest is there
		otel.Handle(err)
	}
	return r
}
