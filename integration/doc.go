// Package integration tests the processor against a real OpenTelemetry Collector,
// through both OTLP exporters, while the Collector is killed and the network is slow or
// cut.
//
// The Collector is a child process, built from its released modules by
//
//	make collector
//
// with the components in collector.yaml. The environment variable ASYNCLOG_COLLECTOR names
// another binary. Each test starts its own Collector, on free loopback ports, and reads
// the records that its file exporter wrote. Each record has an ID, so a test can check
// whether the record arrived, how often, and unchanged.
//
// A Collector that is killed may lose records that it has acknowledged, because its file
// exporter has a buffer. Tests that count losses exactly therefore cut the network first,
// and kill the Collector after its buffer has been flushed.
//
// Tests that take minutes run only if ASYNCLOG_LONG is set, as by "make outage-proof".
package integration
