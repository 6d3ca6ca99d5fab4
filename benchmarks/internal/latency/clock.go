package latency

import "time"

// Clock reads only the monotonic clock, which takes about half the time of [time.Now].
type Clock struct{ base time.Time }

// NewClock returns a clock that starts at zero.
func NewClock() Clock { return Clock{time.Now()} }

// Now returns the time since the clock was made.
func (c Clock) Now() time.Duration { return time.Since(c.base) }

// Overhead measures the cost of measuring one call: a reading of the clock and an entry
// in the histogram. Every duration includes that much in a [Histogram] that is filled in
// the way in which Overhead fills its own. Overhead returns the smallest of ten results.
func Overhead() time.Duration {
	lowest := overhead()
	for range 9 {
		lowest = min(lowest, overhead())
	}
	return lowest
}

func overhead() time.Duration {
	const calls = 1 << 13
	c, h := NewClock(), NewHistogram()
	start := c.Now()
	last := start
	for range calls {
		now := c.Now()
		h.Record(now - last)
		last = now
	}
	return (last - start) / calls
}
