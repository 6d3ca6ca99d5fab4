// Command otlp is an HTTP service in two parts whose logs, traces and metrics go to
// an OpenTelemetry Collector, and a generator of load for it.
//
//	otlp front  -listen :8080 -worker http://localhost:8081    takes prompts: POST /prompts
//	otlp worker -listen :8081                                  analyses and compresses: POST /texts
//	otlp load   -target http://localhost:8080 -rate 10         posts prompts
//	otlp flood  -records 1000000                               logs as fast as it can
//
// The front checks a text, has the worker analyse and compress it, and verifies that
// nothing of it was lost. One correlation ID, sent back in the header
// X-Correlation-ID, leads to the logs and the spans of both.
//
// Where logs, traces and metrics go is decided by OpenTelemetry's standard variables:
// OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL (grpc or http/protobuf),
// OTEL_LOGS_EXPORTER, OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER (otlp, console or
// none), OTEL_SERVICE_NAME and so on; what the log pipeline does, by those of asynclog.
package main
