package contender

import (
	"context"
	"log/slog"
	"time"
)

// newSlogJSON is the standard library's JSON handler. It writes while its caller waits (https://pkg.go.dev/log/slog#JSONHandler).
func newSlogJSON(cfg Config) (*Contender, error) {
	if err := checkLevel(SlogJSON, cfg, LogCall); err != nil {
		return nil, err
	}
	return &Contender{
		Caller: slogCaller(slog.NewJSONHandler(cfg.Writer, nil)),
		Drain:  func(context.Context, uint64) (time.Time, error) { return now(nil) },
		Close:  func(context.Context) error { return nil },
	}, nil
}
