package ratelimit

import (
	"sync"
	"time"
)

// Limiter is a token bucket that is refilled in steps. It starts full, and saves up
// the tokens of quiet times until it is full again. It is safe for concurrent use.
type Limiter struct {
	burst    int           // the tokens of a full limiter
	refill   int           // the tokens of one step
	interval time.Duration // between two steps

	mu       sync.Mutex
	tokens   int
	refilled time.Time // the last step; zero: there was no call of Allow yet
}

// New returns a limiter that allows burst events at once, and after that refill events
// per interval. If both are the same, at most burst events are allowed in each
// interval, which begins with its first event.
func New(burst, refill int, interval time.Duration) *Limiter {
	return &Limiter{burst: burst, refill: refill, interval: interval}
}

// Allow reports whether one more event is allowed now, and counts it if it is.
func (l *Limiter) Allow(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch steps := int64(now.Sub(l.refilled) / l.interval); {
	case l.refilled.IsZero(), steps >= int64(l.burst): // burst steps fill it in any case
		l.tokens, l.refilled = l.burst, now
	case steps > 0:
		l.tokens += int(steps) * l.refill
		l.refilled = l.refilled.Add(time.Duration(steps) * l.interval) // the remainder counts for the next step
		if l.tokens >= l.burst {
			l.tokens, l.refilled = l.burst, now // a full limiter has no next step before it is used
		}
	}
	if l.tokens == 0 {
		return false
	}
	l.tokens--
	return true
}
