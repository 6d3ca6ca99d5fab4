package contender

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Level says at which point of a pipeline a call is measured.
type Level string

// The levels.
const (
	// LogCall is the whole log call, as a program makes it.
	LogCall Level = "logcall"
	// HandOver is OnEmit alone: what a log processor costs. Only log processors
	// have it.
	HandOver Level = "handover"
	// Phase is a call of asynclog's phase logger.
	Phase Level = "phase"
)

// Config is the configuration of a contender. It is the same for all that are compared.
type Config struct {
	Level Level
	// Queue is the number of records that may wait.
	Queue int
	// Exporters are the exporters of log processors. A processor that supports only
	// one takes the first.
	Exporters []sdklog.Exporter
	// Writer is the destination of loggers that write lines.
	Writer io.Writer
	// Costly says that a call of the Writer takes long. Loggers that make one call for
	// each record then get a buffer in front of it.
	Costly bool
	// LargeBuffer says that a buffer whose capacity is counted in bytes must hold as many
	// records as Queue. With a fast sink a small buffer is faster.
	LargeBuffer bool
	// Acked returns how many records have arrived.
	Acked func() uint64
}

// Contender is a pipeline that is being measured.
type Contender struct {
	// Caller returns the call that is measured, for one goroutine.
	Caller func() func()
	// Drain waits until every record of the given number of calls has arrived or is
	// lost, and returns the time at which the last one was seen to arrive.
	Drain func(ctx context.Context, calls uint64) (time.Time, error)
	// Close ends the pipeline. Records that have not arrived may be lost.
	Close func(ctx context.Context) error
}

// The names of the contenders.
const (
	Asynclog       = "asynclog"
	AsynclogOldest = "asynclog-oldest" // DropOldest, which is the SDK's only policy
	AsynclogBlock  = "asynclog-block"  // Block: nothing is lost, callers wait
	AsynclogSync   = "asynclog-sync"
	SDK            = "sdk"
	SDKSimple      = "sdk-simple"
	SlogJSON       = "slog-json"
	Zap            = "zap"
	Zerolog        = "zerolog"
	Phuslu         = "phuslu"
)

var constructors = map[string]func(Config) (*Contender, error){
	Asynclog:       newAsynclog,
	AsynclogOldest: newAsynclogOldest,
	AsynclogBlock:  newAsynclogBlock,
	AsynclogSync:   newAsynclogSync,
	SDK:            newSDK,
	SDKSimple:      newSDKSimple,
	SlogJSON:       newSlogJSON,
	Zap:            newZap,
	Zerolog:        newZerolog,
	Phuslu:         newPhuslu,
}

// New returns the contender of that name.
func New(name string, cfg Config) (*Contender, error) {
	construct := constructors[name]
	if construct == nil {
		return nil, fmt.Errorf("contender: unknown name %q", name)
	}
	return construct(cfg)
}

// checkLevel returns an error for a contender that cannot be measured at the level.
func checkLevel(name string, cfg Config, levels ...Level) error {
	if slices.Contains(levels, cfg.Level) {
		return nil
	}
	return fmt.Errorf("contender: %s does not support level %s", name, cfg.Level)
}

// now is the result of a Drain that returns as soon as the last record has arrived.
func now(err error) (time.Time, error) { return time.Now(), err }
