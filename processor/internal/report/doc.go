// Package report passes errors on to otel.Handle, at a limited rate and never on the
// goroutine of a caller. What it passes on is one line of limited length, and the same
// line is not repeated often.
package report
