package contender

import (
	"context"
	"io"
	"log"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/diode"
)

// newZerolog is zerolog with its lock-free, non-blocking writer, configured as in
// https://pkg.go.dev/github.com/rs/zerolog/diode#NewWriter: without a poll interval, so
// that it waits for a signal. It has the capacity of the others' queue; the 1,000 of the
// example would lose more. Timestamps are UNIX times, "faster and smaller than most"
// (https://github.com/rs/zerolog#readme).
//
// The diode makes one Write for each record. Where a Write takes long, it gets the buffer
// that zap has, which its documentation does not mention.
func newZerolog(cfg Config) (*Contender, error) {
	if err := checkLevel(Zerolog, cfg, LogCall); err != nil {
		return nil, err
	}
	zerolog.TimeFieldFormat = zerolog.TimeFormatUnix
	log.SetOutput(io.Discard) // the diode prints a line for each collision of its writers
	var missed atomic.Uint64
	w, flush := bufferIfCostly(cfg)
	d := diode.NewWriter(w, cfg.Queue, 0, func(n int) { missed.Add(uint64(n)) })
	l := zerolog.New(d).With().Timestamp().Logger()
	return &Contender{
		Caller: func() func() {
			return func() {
				l.Info().
					Str("method", method).
					Str("path", path).
					Int("status", status).
					Dur("took", took).
					Bool("cached", cached).
					Msg(message)
			}
		},
		Drain: func(ctx context.Context, calls uint64) (time.Time, error) {
			return poll(ctx, cfg.Acked, func(acked uint64) bool { return acked+missed.Load() >= calls }, flush)
		},
		Close: func(context.Context) error { return d.Close() },
	}, nil
}

// bufferIfCostly returns the writer, with a buffer in front of it if its calls are
// costly, and a function that flushes the buffer.
func bufferIfCostly(cfg Config) (w io.Writer, flush func() error) {
	if !cfg.Costly {
		return cfg.Writer, func() error { return nil }
	}
	buffer := newBuffer(cfg)
	return buffer, buffer.Sync
}
