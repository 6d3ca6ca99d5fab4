package contender

import (
	"context"
	"time"
)

// lossTimeout is how long nothing must arrive until the missing records count as lost.
const lossTimeout = time.Second

// poll is a Drain for contenders that do not know whether everything has arrived. It
// waits until arrived returns true, or until nothing has arrived for lossTimeout, and
// calls flush in between. It returns the time at which the last record was seen to
// arrive.
func poll(ctx context.Context, acked func() uint64, arrived func(acked uint64) bool, flush func() error) (time.Time, error) {
	var seen uint64
	last := time.Now()
	for {
		if n := acked(); n > seen {
			seen, last = n, time.Now()
		}
		if arrived(seen) || time.Since(last) > lossTimeout {
			return last, nil
		}
		if err := ctx.Err(); err != nil {
			return last, err
		}
		if err := flush(); err != nil {
			return last, err
		}
		time.Sleep(200 * time.Microsecond)
	}
}
