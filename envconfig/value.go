package envconfig

import (
	"strings"
	"time"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// Numbers and durations in options: the range that processor takes them in.
const (
	allowedCount    = "a number, at least 1"
	allowedDuration = "a duration above 0"
	allowedBool     = "true, 1, yes, on; false, 0, no, off"
)

func checkPositive[T int | time.Duration](v T) error {
	if v < 1 {
		return env.ErrTooSmall
	}
	return nil
}

func parseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	default:
		return false, errNoBool
	}
}

func isTrue(s string) bool {
	b, err := parseBool(strings.TrimSpace(s))
	return b && err == nil
}

// clip bounds what a message quotes.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
