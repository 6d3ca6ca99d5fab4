// Package retry tests the processor with the real OTLP exporters: their errors, receivers
// that go away and come back, and the sizes of their requests. It is a module of its own
// because of the exporters' dependencies.
package retry
