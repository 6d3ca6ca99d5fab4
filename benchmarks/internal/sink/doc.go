// Package sink has the destinations of records. A [Sink] accepts everything at once,
// after a while, or not at all until it is released, and counts what it has acknowledged.
// The same sink accepts batches of records from exporters and lines from loggers.
package sink
