package contender

import (
	"context"
	"io"
	"time"

	"github.com/phuslu/log"
)

// newPhuslu is phuslu/log with its AsyncWriter, configured as in
// https://github.com/phuslu/log#async-file-writer: DiscardOnFull is off, so it loses
// nothing, and callers wait when the channel is full. The channel has the size of the
// others' queue instead of 4,096. TimeFormat is empty, as is "strongly recommended".
//
// The AsyncWriter writes many records to a file with one writev, but makes one Write for
// each record to any other writer. Where a Write takes long, it gets the buffer that zap
// has, which its documentation does not mention.
func newPhuslu(cfg Config) (*Contender, error) {
	if err := checkLevel(Phuslu, cfg, LogCall); err != nil {
		return nil, err
	}
	w, flush := bufferIfCostly(cfg)
	async := &log.AsyncWriter{
		ChannelSize: uint(cfg.Queue),
		Writer:      log.IOWriter{Writer: w},
	}
	l := log.Logger{Level: log.InfoLevel, Writer: async}
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
			return poll(ctx, cfg.Acked, func(acked uint64) bool { return acked >= calls }, flush)
		},
		Close: func(context.Context) error { return io.Closer(async).Close() },
	}, nil
}
