// Package latency measures calls that take a few nanoseconds, and counts the durations
// of millions of them.
package latency
