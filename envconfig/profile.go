package envconfig

import (
	"log/slog"
	"time"
)

// profile has the defaults of an environment.
type profile struct {
	environment    Environment
	level          slog.Level
	queueSize      int
	async          bool
	verbose        bool
	batchSize      int
	exportInterval time.Duration
	exportTimeout  time.Duration
}

func profileOf(e Environment) profile {
	p := profile{
		environment: e,
		level:       slog.LevelInfo,
		queueSize:   50_000,
		async:       true,
		verbose:     true,
		// The defaults of OpenTelemetry's batch log record processor.
		batchSize:      512,
		exportInterval: time.Second,
		exportTimeout:  30 * time.Second,
	}
	if e == Development {
		p.level = slog.LevelDebug
		p.queueSize = 20_000
	}
	return p
}

func fromProfile[T any](p profile, value T) finding[T] {
	return finding[T]{value: value, ok: true, source: Source{origin: originProfile, Name: string(p.environment)}}
}
