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

// The levels that slog has no names for. The bridge otelslog makes the severities
// TRACE (1) and FATAL (21) of them.
const (
	LevelTrace slog.Level = -8
	LevelFatal slog.Level = 12
)

const (
	// highestLevel becomes the highest severity of OpenTelemetry's data model.
	highestLevel = slog.Level(int(log.SeverityFatal4) - severity.Offset)

	allowedLevels = "TRACE, DEBUG, INFO, WARN, ERROR or FATAL, or between them, as INFO+2; from TRACE to FATAL+3"
)

var (
	errNoLevel   = errors.New("no such level")
	errLevelFar  = errors.New("outside OpenTelemetry's severities")
	levelsByName = map[string]slog.Level{
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
// ERROR, FATAL or CRITICAL, in upper or lower case, with an offset where one is
// wanted, as in "INFO+2" and "error-1". Blanks around it do not matter.
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

// parseLevel is ParseLevel without the words: its error is the mere reason.
func parseLevel(s string) (slog.Level, error) {
	name, offset := s, 0
	if i := strings.IndexAny(s, "+-"); i >= 0 {
		var err error
		if offset, err = strconv.Atoi(s[i:]); err != nil {
			return 0, errNoLevel
		}
		name = s[:i]
	}
	base, ok := levelsByName[strings.ToUpper(name)]
	if !ok {
		return 0, errNoLevel
	}
	// The widest offset that leads from one end to the other; the sum of a wider
	// one might not fit.
	const widest = int(highestLevel - LevelTrace)
	if offset < -widest || offset > widest {
		return 0, errLevelFar
	}
	l := base + slog.Level(offset)
	return l, checkLevel(l)
}

func checkLevel(l slog.Level) error {
	if l < LevelTrace || l > highestLevel {
		return errLevelFar
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
