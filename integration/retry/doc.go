// Package retry tests what the processor makes of the real OTLP exporters: of their
// errors, of receivers that go away and come back, and of the sizes of what they
// send. It is a module of its own because of their dependencies.
package retry
