package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/bridge"
)

// shutdownTimeout limits the export of the last spans and metrics.
const shutdownTimeout = 5 * time.Second

// telemetry holds the exporter of logs and the providers of traces and metrics of a process.
// OpenTelemetry's standard variables configure them.
type telemetry struct {
	resource *resource.Resource
	logs     sdklog.Exporter // owned by the pipeline once that has started
	traces   *sdktrace.TracerProvider
	metrics  *sdkmetric.MeterProvider
}

// newTelemetry creates the exporters, and sets OpenTelemetry's global providers for traces
// and metrics. The instance identifies the process among others of the same service. It
// stays the same after a restart.
func newTelemetry(ctx context.Context, service, instance string) (*telemetry, error) {
	res, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithHost(),
		resource.WithAttributes(semconv.ServiceName("asynclog-"+service), semconv.ServiceInstanceID(instance)),
		resource.WithFromEnv(), // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence
	)
	if err != nil {
		return nil, err
	}
	logs, err := autoexport.NewLogExporter(ctx)
	if err != nil {
		return nil, exporterError("OTEL_LOGS_EXPORTER", err)
	}
	spans, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		return nil, exporterError("OTEL_TRACES_EXPORTER", err)
	}
	reader, err := autoexport.NewMetricReader(ctx)
	if err != nil {
		return nil, exporterError("OTEL_METRICS_EXPORTER", err)
	}

	t := &telemetry{
		resource: res,
		logs:     logs,
		traces: sdktrace.NewTracerProvider(
			sdktrace.WithResource(res),
			sdktrace.WithSpanProcessor(bridge.NewSpanProcessor()), // stamps correlation.id
			sdktrace.WithBatcher(spans),
		),
		metrics: sdkmetric.NewMeterProvider(sdkmetric.WithResource(res), sdkmetric.WithReader(reader)),
	}
	otel.SetTracerProvider(t.traces)
	otel.SetMeterProvider(t.metrics)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return t, nil
}

// options returns the options of the log pipeline. The pipeline uses the global providers
// for traces and metrics, which are those of t.
func (t *telemetry) options() []asynclog.Option {
	return []asynclog.Option{
		asynclog.WithExporter(t.logs),
		asynclog.WithResource(t.resource),
		// Standard error gets a line for each error, and none for each prompt.
		asynclog.WithBridgeOptions(bridge.WithSynchronousPhases(bridge.PhaseError)),
	}
}

// shutdown exports the remaining spans and metrics. Call it after the log pipeline's
// Shutdown, so that the last metrics have the final figures of the ledger.
func (t *telemetry) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	return errors.Join(
		wrap("the last spans were not sent", t.traces.Shutdown(ctx)),
		wrap("the last metrics were not sent", t.metrics.Shutdown(ctx)),
	)
}

// wrap prefixes an error with what failed. It returns nil for nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// exporterError returns the error for an exporter that the environment selects and that
// cannot be created. The cause may be the exporter's name or the protocol.
func exporterError(variable string, err error) error {
	const protocol = "OTEL_EXPORTER_OTLP_PROTOCOL"
	return fmt.Errorf("%s=%q, %s=%q: %w; allowed: otlp, console, none for the exporter, grpc, http/protobuf for the protocol",
		variable, os.Getenv(variable), protocol, os.Getenv(protocol), err)
}

// instanceOf returns the name of a process: its host and the port it listens on.
func instanceOf(address net.Addr) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	_, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return host
	}
	return net.JoinHostPort(host, port)
}
