package envconfig_test

import (
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/internal/severity"
)

func TestParseLevel(t *testing.T) {
	for s, want := range map[string]log.Severity{
		"TRACE": log.SeverityTrace, "trace": log.SeverityTrace, "TRACE+3": log.SeverityTrace4,
		"DEBUG": log.SeverityDebug, "DEBUG-4": log.SeverityTrace, "DEBUG+1": log.SeverityDebug2,
		"INFO": log.SeverityInfo, " info\n": log.SeverityInfo, "INFO+2": log.SeverityInfo3, "INFO-12": log.SeverityUndefined,
		"WARN": log.SeverityWarn, "Warning": log.SeverityWarn, "WARNING-1": log.SeverityInfo4,
		"ERROR": log.SeverityError, "error+4": log.SeverityFatal,
		"FATAL": log.SeverityFatal, "critical": log.SeverityFatal, "FATAL+3": log.SeverityFatal4,
		"FATAL-20": log.SeverityTrace, "TRACE+23": log.SeverityFatal4,
		"": log.SeverityUndefined, " ": log.SeverityUndefined, "+": log.SeverityUndefined, "-8": log.SeverityUndefined,
		"INFO+": log.SeverityUndefined, "INFO++2": log.SeverityUndefined, "INFO 2": log.SeverityUndefined,
		"TRACE-1": log.SeverityUndefined, "FATAL+4": log.SeverityUndefined, "NOTSET": log.SeverityUndefined,
		"INFO+9223372036854775807": log.SeverityUndefined, "TRACE-9223372036854775808": log.SeverityUndefined,
	} {
		l, err := envconfig.ParseLevel(s)
		if want == log.SeverityUndefined {
			if !errors.Is(err, envconfig.ErrInvalid) || !strings.Contains(err.Error(), "allowed: TRACE, DEBUG") {
				t.Errorf("%q: level %v, error %v; want ErrInvalid and what is allowed", s, l, err)
			}
			continue
		}
		if err != nil || severity.FromLevel(l) != want {
			t.Errorf("%q: severity %v, error %v; want %v", s, severity.FromLevel(l), err, want)
		}
	}
}

// TestLevelName: ParseLevel reads each name as its level, and slog's own names are kept.
func TestLevelName(t *testing.T) {
	for l := envconfig.LevelTrace; l <= envconfig.LevelFatal+3; l++ {
		name := envconfig.LevelName(l)
		if got, err := envconfig.ParseLevel(name); err != nil || got != l {
			t.Errorf("level %d is named %s, which is read as %d, %v", l, name, got, err)
		}
		if l >= slog.LevelDebug && l < envconfig.LevelFatal && name != l.String() {
			t.Errorf("level %d is named %s, but %s by slog", l, name, l)
		}
	}
	for l, want := range map[slog.Level]string{
		-9: "TRACE-1", -8: "TRACE", -7: "TRACE+1", -4: "DEBUG", 0: "INFO", 2: "INFO+2", 11: "ERROR+3", 12: "FATAL", 13: "FATAL+1",
		math.MinInt: "TRACE-9223372036854775800",
	} {
		if got := envconfig.LevelName(l); got != want && math.MaxInt == math.MaxInt64 {
			t.Errorf("level %d is named %s, want %s", int(l), got, want)
		}
	}
}
