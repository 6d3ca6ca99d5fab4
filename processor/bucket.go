package processor

import "time"

// bucket bounds how often something is done: burst times at once, and after that
// once every so often. Quiet times are saved up. It is full at first, and for one
// goroutine at a time.
type bucket struct {
	burst int
	every time.Duration

	tokens   int
	refilled time.Time
}

// take tells whether it may be done once more now.
func (b *bucket) take(now time.Time) bool {
	if b.refilled.IsZero() {
		b.tokens, b.refilled = b.burst, now
	}
	if n := int(now.Sub(b.refilled) / b.every); n > 0 {
		b.tokens = min(b.tokens+n, b.burst)
		b.refilled = b.refilled.Add(time.Duration(n) * b.every) // the rest is for the next one
	}
	if b.tokens == 0 {
		return false
	}
	b.tokens--
	return true
}
