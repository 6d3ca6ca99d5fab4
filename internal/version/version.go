// Package version holds the version of the module.
package version

// Module is the version that the instrumentation scopes of the module's own metrics,
// spans and records carry, without a leading v, as OpenTelemetry's own packages have it.
const Module = "0.2.0-dev"
