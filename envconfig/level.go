package envconfig

import (
	"log/slog"

	"go.opentelemetry.io/otel/log"
)

// The levels that slog has no names for. The bridge otelslog makes the severities
// TRACE (1) and FATAL (21) of them.
const (
	LevelTrace slog.Level = -8
	LevelFatal slog.Level = 12
)

// severityOffset is what otelslog adds to a level to make it a severity.
const severityOffset = int(log.SeverityInfo) - int(slog.LevelInfo)

// ParseLevel returns the level of the name s: TRACE, DEBUG, INFO, WARN or WARNING,
// ERROR, FATAL or CRITICAL, in upper or lower case, with an offset where one is
// wanted, as in "INFO+2" and "error-1". Blanks around it do not matter.
//
// An error wraps [ErrInvalid]. It is returned for any other name, and for a level
// outside OpenTelemetry's severities, which range from TRACE to FATAL+3.
func ParseLevel(s string) (slog.Level, error) { return 0, nil }

// LevelName returns the name of a level as [ParseLevel] reads it: slog's own, but
// TRACE instead of DEBUG-4, and FATAL instead of ERROR+4.
func LevelName(l slog.Level) string { return l.String() }

// Severity returns the OpenTelemetry severity that records of level l get from
// the bridge otelslog.
func Severity(l slog.Level) log.Severity { return log.Severity(int(l) + severityOffset) }
