// Command otlp is an HTTP service in two parts whose logs, traces and metrics go to
// an OpenTelemetry Collector, and a load generator for it.
//
//	otlp front  -listen :8080 -worker http://localhost:8081    accepts prompts: POST /prompts
//	otlp worker -listen :8081                                  analyses and compresses: POST /texts
//	otlp load   -target http://localhost:8080 -rate 10         posts prompts
//	otlp flood  -records 1000000                               logs as fast as possible
//
// The front checks a text, sends it to the worker, which analyses and compresses it, and
// verifies that decompression restores it. One correlation ID, which the header
// X-Correlation-ID returns, leads to the logs and the spans of both.
//
// OpenTelemetry's standard variables decide where logs, traces and metrics go:
// OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL (grpc or http/protobuf),
// OTEL_LOGS_EXPORTER, OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER (otlp, console or
// none), OTEL_SERVICE_NAME and so on. The variables of asynclog configure the log
// pipeline.
package main
