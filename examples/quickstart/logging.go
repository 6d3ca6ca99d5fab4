package main

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/processor"
)

const scope = "github.com/krunchwrapper/asynclog/examples/quickstart"

// logging is the way of a record: slog, the SDK's provider, the processor, the
// exporter, the output.
type logging struct {
	logger    *slog.Logger
	provider  *sdklog.LoggerProvider
	processor *processor.Processor
}

func startLogging(ctx context.Context, opts *options, out *output, con *console) (*logging, error) {
	// Otherwise OpenTelemetry reports errors, such as that of an export, with
	// log.Print, past the console.
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
		sdklog.WithProcessor(p),
	)
	logger := otelslog.NewLogger(scope, otelslog.WithLoggerProvider(provider))
	return &logging{logger, provider, p}, nil
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
