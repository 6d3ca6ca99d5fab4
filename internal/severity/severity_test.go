package severity

import (
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel/log"
)

func TestFromLevel(t *testing.T) {
	for level, want := range map[slog.Level]log.Severity{
		slog.LevelDebug - 4: log.SeverityTrace,
		slog.LevelDebug:     log.SeverityDebug,
		slog.LevelInfo:      log.SeverityInfo,
		slog.LevelInfo + 2:  log.SeverityInfo3,
		slog.LevelWarn:      log.SeverityWarn,
		slog.LevelError:     log.SeverityError,
		slog.LevelError + 4: log.SeverityFatal,
	} {
		if got := FromLevel(level); got != want {
			t.Errorf("FromLevel(%v) = %v, want %v", level, got, want)
		}
	}
}
