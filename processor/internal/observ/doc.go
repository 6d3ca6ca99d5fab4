// Package observ contains the processor's metrics: the instruments of OpenTelemetry's
// semantic conventions for log record processors and asynclog's own. Where possible they
// are observed at each collection, from figures that the processor keeps anyway, so that
// they cost the log path nothing.
package observ
