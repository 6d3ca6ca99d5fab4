package metrics

import (
	"math/bits"
	"sync"
	"time"
)

// falseSharing is how far apart those must be who shall not slow each other down.
// A cache line has 64 bytes, but some processors fetch two at a time.
const falseSharing = 128

// stripe is a share of an operation's statistics. Each measurement is in exactly
// one stripe; which one does not matter, so timers on different processors use
// different stripes and do not wait for each other.
type stripe struct {
	mu     sync.Mutex
	dead   bool // the operation has been forgotten: nothing may be added
	window int  // most measurements kept; constant
	tally

	recent []measurement // a ring once it has length window
	oldest int           // in a full ring, where the oldest is

	_ [falseSharing]byte // the next stripe belongs to other processors
}

// tally sums up measurements.
type tally struct {
	count, failures uint64
	// The sum has 128 bits. Ten thousand timers that run all the time add up to
	// more than an int64 of nanoseconds holds within two weeks.
	sumHigh, sumLow uint64
	least, most     time.Duration
	last            time.Duration // when the last ended, since the monitor began
}

// measurement is a duration and when it ended, since the monitor began.
type measurement struct {
	end, duration time.Duration
}

// addLocked counts a measurement. It tells false, and counts nothing, if the
// operation has been forgotten.
func (s *stripe) addLocked(end, d time.Duration, failed bool) bool {
	if s.dead {
		return false
	}
	s.tally.add(end, d, failed)
	m := measurement{end, d}
	if len(s.recent) < s.window {
		s.recent = append(s.recent, m)
		return true
	}
	s.recent[s.oldest] = m
	if s.oldest++; s.oldest == s.window {
		s.oldest = 0
	}
	return true
}

func (t *tally) add(end, d time.Duration, failed bool) {
	if t.count == 0 || d < t.least {
		t.least = d
	}
	t.most = max(t.most, d)
	t.last = max(t.last, end)
	t.count++
	if failed {
		t.failures++
	}
	var carry uint64
	t.sumLow, carry = bits.Add64(t.sumLow, uint64(d), 0)
	t.sumHigh += carry
}

// merge adds another tally.
func (t *tally) merge(o tally) {
	if o.count == 0 {
		return
	}
	if t.count == 0 || o.least < t.least {
		t.least = o.least
	}
	t.most = max(t.most, o.most)
	t.last = max(t.last, o.last)
	t.count += o.count
	t.failures += o.failures
	var carry uint64
	t.sumLow, carry = bits.Add64(t.sumLow, o.sumLow, 0)
	t.sumHigh += o.sumHigh + carry
}

// mean is 0 if nothing was counted.
func (t *tally) mean() time.Duration {
	if t.count == 0 {
		return 0
	}
	// No quotient is larger than the largest duration, so sumHigh < count.
	q, _ := bits.Div64(t.sumHigh, t.sumLow, t.count)
	return time.Duration(q)
}

// copyInto adds the stripe's tally to t and appends its measurements, oldest
// first. It holds up timers for the time of the copy. It tells false if the
// operation has been forgotten.
func (s *stripe) copyInto(t *tally, recent *[]measurement) (alive bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.merge(s.tally)
	*recent = append(*recent, s.recent[s.oldest:]...)
	*recent = append(*recent, s.recent[:s.oldest]...)
	return !s.dead
}
