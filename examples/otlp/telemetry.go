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

// endTime is how long the last spans and metrics may take to leave.
const endTime = 5 * time.Second

// telemetry is what a process tells about itself: where its logs go, and its traces
// and metrics. OpenTelemetry's standard variables say where that is.
type telemetry struct {
	resource *resource.Resource
	logs     sdklog.Exporter // the pipeline's, once that has started
	traces   *sdktrace.TracerProvider
	metrics  *sdkmetric.MeterProvider
}

// newTelemetry makes the exporters, and sets OpenTelemetry's global providers for
// traces and metrics. The instance is what tells a process from others of the same
// service, also after it has been started again.
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
		return nil, unusable("OTEL_LOGS_EXPORTER", err)
	}
	spans, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		return nil, unusable("OTEL_TRACES_EXPORTER", err)
	}
	reader, err := autoexport.NewMetricReader(ctx)
	if err != nil {
		return nil, unusable("OTEL_METRICS_EXPORTER", err)
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

// options are those of the log pipeline. It takes the global providers for traces
// and metrics, which are t's.
func (t *telemetry) options() []asynclog.Option {
	return []asynclog.Option{
		asynclog.WithExporter(t.logs),
		asynclog.WithResource(t.resource),
		// A line on standard error for what went wrong, none for each prompt.
		asynclog.WithBridgeOptions(bridge.WithSynchronousPhases(bridge.PhaseError)),
	}
}

// shutdown sends what is left of spans and metrics. It comes after the log pipeline's:
// the last metrics are to have the ledger's last figures.
func (t *telemetry) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	return errors.Join(
		about("the last spans were not sent", t.traces.Shutdown(ctx)),
		about("the last metrics were not sent", t.metrics.Shutdown(ctx)),
	)
}

// about says what an error is about, if there is one.
func about(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// unusable is the error for an exporter that the environment asks for and nobody can
// make. What is wrong may be which one, or its protocol.
func unusable(variable string, err error) error {
	const protocol = "OTEL_EXPORTER_OTLP_PROTOCOL"
	return fmt.Errorf("%s=%q, %s=%q: %w; allowed: otlp, console, none for the exporter, grpc, http/protobuf for the protocol",
		variable, os.Getenv(variable), protocol, os.Getenv(protocol), err)
}

// instanceOf names a process by its host and the port it listens on.
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
