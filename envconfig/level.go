package envconfig

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/severity"
)

// The levels that slog has no names for. The bridge otelslog converts them to the
// severities TRACE (1) and FATAL (21).
const (
	LevelTrace slog.Level = -8
	LevelFatal slog.Level = 12
)

const (
	// highestLevel corresponds to the highest severity of OpenTelemetry's data model.
	highestLevel = slog.Level(int(log.SeverityFatal4) - severity.Offset)

	allowedLevels = "TRACE, DEBUG, INFO, WARN, ERROR or FATAL, or between them, as INFO+2; from TRACE to FATAL+3"
)

var (
	errUnknownLevel    = errors.New("no such level")
	errLevelOutOfRange = errors.New("outside OpenTelemetry's severities")
	levelsByName       = map[string]slog.Level{
		"TRACE":    LevelTrace,
		"DEBUG":    slog.LevelDebug,
		"INFO":     slog.LevelInfo,
		"WARN":     slog.LevelWarn,
		"WARNING":  slog.LevelWarn,
		"ERROR":    slog.LevelError,
		"FATAL":    LevelFatal,
		"CRITICAL": LevelFatal,
	}
)

// ParseLevel returns the level of the name s: TRACE, DEBUG, INFO, WARN or WARNING,
// ERROR, FATAL or CRITICAL, in upper or lower case, with an optional offset, as in
// "INFO+2" and "error-1". Blanks around it are ignored.
//
// An error wraps [ErrInvalid]. It is returned for any other name, and for a level
// outside OpenTelemetry's severities, which range from TRACE to FATAL+3.
func ParseLevel(s string) (slog.Level, error) {
	l, err := parseLevel(strings.TrimSpace(s))
	if err != nil {
		return 0, fmt.Errorf("level %q: %w (%w); allowed: %s", s, ErrInvalid, err, allowedLevels)
	}
	return l, nil
}

// parseLevel is ParseLevel with a short error that has only the reason.
func parseLevel(s string) (slog.Level, error) {
	name, offset := s, 0
	if i := strings.IndexAny(s, "+-"); i >= 0 {
		var err error
		if offset, err = strconv.Atoi(s[i:]); err != nil {
			return 0, errUnknownLevel
		}
		name = s[:i]
	}
	base, ok := levelsByName[strings.ToUpper(name)]
	if !ok {
		return 0, errUnknownLevel
	}
	// The offset from one end of the range to the other; with a larger one the sum might
	// overflow.
	const widest = int(highestLevel - LevelTrace)
	if offset < -widest || offset > widest {
		return 0, errLevelOutOfRange
	}
	l := base + slog.Level(offset)
	return l, checkLevel(l)
}

func checkLevel(l slog.Level) error {
	if l < LevelTrace || l > highestLevel {
		return errLevelOutOfRange
	}
	return nil
}

// LevelName returns the name of a level as [ParseLevel] reads it: slog's own, but
// TRACE instead of DEBUG-4, and FATAL instead of ERROR+4.
func LevelName(l slog.Level) string {
	switch {
	case l < slog.LevelDebug:
		return offsetName("TRACE", l-LevelTrace)
	case l >= LevelFatal:
		return offsetName("FATAL", l-LevelFatal)
	default:
		return l.String()
	}
}

func offsetName(name string, offset slog.Level) string {
	if offset == 0 {
		return name
	}
	return fmt.Sprintf("%s%+d", name, int(offset))
}
