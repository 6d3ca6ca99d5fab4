package contender

import (
	"context"
	"time"
)

// stalled is how long nothing must arrive until what has not is taken for lost.
const stalled = time.Second

// poll waits for those that cannot be asked whether everything has arrived: until
// arrived says so, or nothing has arrived for a while. It nudges in between, and
// returns when the last record was seen to arrive.
func poll(ctx context.Context, acked func() uint64, arrived func(acked uint64) bool, nudge func() error) (time.Time, error) {
	var seen uint64
	last := time.Now()
	for {
		if n := acked(); n > seen {
			seen, last = n, time.Now()
		}
		if arrived(seen) || time.Since(last) > stalled {
			return last, nil
		}
		if err := ctx.Err(); err != nil {
			return last, err
		}
		if err := nudge(); err != nil {
			return last, err
		}
		time.Sleep(200 * time.Microsecond)
	}
}
