// Package report passes errors on to otel.Handle, at a limited rate and never on the
// goroutine of a caller.
package report
