// Package integration tests the processor against a real OpenTelemetry Collector,
// through both OTLP exporters, while the Collector is killed and the network
// slowed and cut.
//
// The Collector is a child process, built from its released modules by
//
//	make collector
//
// with the components that collector.yaml names; ASYNCLOG_COLLECTOR names another.
// Each test starts its own, on free loopback ports, and reads back what its file
// exporter wrote. Records are told apart by an ID, so that a test can say of each of
// them whether it arrived, how often, and unchanged.
//
// What a Collector has acknowledged it may still lose when it is killed: its file
// exporter buffers. Tests that count losses to the record therefore cut the network
// first, and kill it when its buffer has been flushed.
//
// Tests that take minutes run where ASYNCLOG_LONG is set, as "make outage-proof" does.
package integration
