package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/krunchwrapper/asynclog/internal/panictext"
)

// How long a flush may take. The caller waits for it, holding the log package's
// mutex: after log.Fatal the process ends, and waiting does no harm; a panic may
// be recovered, as net/http does, and then the wait is a stall.
const (
	fatalFlush = 5 * time.Second
	panicFlush = time.Second
)

var errNoFlush = errors.New("the provider cannot be flushed")

// flushBeforeEnd is the last chance to get the line, and those before it, out of
// the process. If that fails, somebody should see it nevertheless.
func (i *installation) flushBeforeEnd(line []byte, k kind, taken bool) {
	limit := fatalFlush
	if k == panicking {
		limit = panicFlush
	}
	if err := i.flushWithin(limit); err != nil || !taken {
		_, _ = i.plain.Write(line) // there is nobody left to tell
	}
}

// flushWithin does not rely on the flush to heed its context.
func (i *installation) flushWithin(limit time.Duration) error {
	if i.flush == nil {
		return errNoFlush
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- fmt.Errorf("%w: %s", errPanicked, panictext.Of(v))
			}
		}()
		done <- i.flush(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
