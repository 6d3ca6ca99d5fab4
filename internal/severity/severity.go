// Package severity converts slog's levels to OpenTelemetry's severities.
package severity

import (
	"log/slog"

	"go.opentelemetry.io/otel/log"
)

// Offset is what the bridge otelslog adds to a level to make it a severity.
const Offset = int(log.SeverityInfo) - int(slog.LevelInfo)

// FromLevel returns the severity that the bridge otelslog gives to records of level l.
func FromLevel(l slog.Level) log.Severity { return log.Severity(int(l) + Offset) }
