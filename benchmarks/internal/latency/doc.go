// Package latency times calls that take a few nanoseconds, and keeps the durations of
// millions of them.
package latency
