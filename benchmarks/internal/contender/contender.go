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

// Config says how a contender is set up. It is the same for all that are compared.
type Config struct {
	Level Level
	// Queue is how many records may wait.
	Queue int
	// Exporters are where log processors export to. Those that have a use for one
	// only take the first.
	Exporters []sdklog.Exporter
	// Writer is where loggers that write lines write to.
	Writer io.Writer
	// Costly says that a call of the Writer takes long. Loggers that make one for
	// each record are then given a buffer in front of it.
	Costly bool
	// Hold says that as many records are to fit where room is counted in bytes. Where the
	// sink is fast, a small buffer is the faster one.
	Hold bool
	// Acked tells how many records have arrived.
	Acked func() uint64
}

// Contender is a pipeline that is being measured.
type Contender struct {
	// Caller returns the call that is measured, for one goroutine.
	Caller func() func()
	// Drain returns when every record of so many calls has arrived or is lost, and
	// when the last was seen to arrive.
	Drain func(ctx context.Context, calls uint64) (time.Time, error)
	// Close ends it; what has not arrived may be lost.
	Close func(ctx context.Context) error
}

// The names.
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

var makers = map[string]func(Config) (*Contender, error){
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
	maker := makers[name]
	if maker == nil {
		return nil, fmt.Errorf("contender: there is no %q", name)
	}
	return maker(cfg)
}

// only is an error for contenders that cannot be measured at the level.
func only(name string, cfg Config, levels ...Level) error {
	if slices.Contains(levels, cfg.Level) {
		return nil
	}
	return fmt.Errorf("contender: %s has no %s", name, cfg.Level)
}

// at is for a Drain that returns as soon as the last record has arrived.
func at(err error) (time.Time, error) { return time.Now(), err }
