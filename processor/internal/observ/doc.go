// Package observ holds the processor's self-observability: the instruments of
// OpenTelemetry's semantic conventions for log record processors and asynclog's
// own. Everything that can be is observed when somebody collects, from figures
// the processor keeps anyway, so that the log path pays nothing for it.
package observ
