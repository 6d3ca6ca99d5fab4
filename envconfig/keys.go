package envconfig

import (
	"strings"
	"time"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// The environment variables. Those of OpenTelemetry are named in internal/env.
const (
	varEnvironment = "KRUNCHWRAPPER_ENV"
	varDebug       = "DEBUG"
	varConfig      = "KRUNCHWRAPPER_CONFIG"
	varLevel       = "KRUNCHWRAPPER_LOG_LEVEL"
	varAsync       = "KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING"
	varVerbose     = "KRUNCHWRAPPER_VERBOSE"
	varQueueSize   = "ASYNC_LOG_QUEUE_SIZE"
)

// The keys of the configuration file, outer ones first.
const (
	keyLogging       = "logging"
	keyVerbose       = "verbose_logging"
	keyAsync         = "async_logging"
	keyEnabled       = "enabled"
	keyQueueSize     = "queue_size"
	keyBatchSize     = "batch_size"
	keyWorkerTimeout = "worker_timeout"
)

// defaultFile is read if it exists and no other file is named.
const defaultFile = "config/config.jsonc"

// The allowed values in error messages.
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
		return false, errNotBool
	}
}

func isTrue(s string) bool {
	b, err := parseBool(strings.TrimSpace(s))
	return b && err == nil
}

// clip shortens a text that a message quotes.
func clip(s string) string {
	const limit = 80
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
