package metrics

import (
	"math/bits"
	"sync"
	"time"
)

// falseSharing is the distance in bytes at which data that different processors
// write does not share a cache line. A line has 64 bytes, but some processors fetch
// two at a time.
const falseSharing = 128

// stripe is a share of an operation's statistics. Each measurement is in exactly
// one stripe. It does not matter which one, so timers on different processors use
// different stripes and do not wait for each other.
type stripe struct {
	mu        sync.Mutex
	forgotten bool // the operation has been forgotten: nothing may be added
	window    int  // how many measurements are kept; constant
	totals

	recent []measurement // a ring once it has length window
	oldest int           // index of the oldest measurement in a full ring

	_ [falseSharing]byte // other processors use the next stripe
}

// totals sums up measurements.
type totals struct {
	count, failures uint64
	// The sum has 128 bits. Ten thousand timers that run all the time add up to
	// more than an int64 of nanoseconds holds within two weeks.
	sumHigh, sumLow uint64
	min, max        time.Duration
	last            time.Duration // when the last one ended, since the registry's epoch
}

// measurement is a duration and the time at which it ended, since the registry's
// epoch.
type measurement struct {
	end, duration time.Duration
}

// addLocked counts a measurement and returns true. If the operation has been
// forgotten, it counts nothing and returns false.
func (s *stripe) addLocked(end, d time.Duration, failed bool) bool {
	if s.forgotten {
		return false
	}
	s.totals.add(end, d, failed)
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

func (t *totals) add(end, d time.Duration, failed bool) {
	if t.count == 0 || d < t.min {
		t.min = d
	}
	t.max = max(t.max, d)
	t.last = max(t.last, end)
	t.count++
	if failed {
		t.failures++
	}
	var carry uint64
	t.sumLow, carry = bits.Add64(t.sumLow, uint64(d), 0)
	t.sumHigh += carry
}

// merge adds other totals.
func (t *totals) merge(o totals) {
	if o.count == 0 {
		return
	}
	if t.count == 0 || o.min < t.min {
		t.min = o.min
	}
	t.max = max(t.max, o.max)
	t.last = max(t.last, o.last)
	t.count += o.count
	t.failures += o.failures
	var carry uint64
	t.sumLow, carry = bits.Add64(t.sumLow, o.sumLow, 0)
	t.sumHigh += o.sumHigh + carry
}

// mean returns the mean duration, or 0 if nothing was counted.
func (t *totals) mean() time.Duration {
	if t.count == 0 {
		return 0
	}
	// No quotient is larger than the largest duration, so sumHigh < count.
	q, _ := bits.Div64(t.sumHigh, t.sumLow, t.count)
	return time.Duration(q)
}

// copyInto adds the stripe's totals to t and appends its measurements to recent,
// oldest first. Timers that use the stripe wait while it copies. It returns false
// if the operation has been forgotten.
func (s *stripe) copyInto(t *totals, recent *[]measurement) (alive bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.merge(s.totals)
	*recent = append(*recent, s.recent[s.oldest:]...)
	*recent = append(*recent, s.recent[:s.oldest]...)
	return !s.forgotten
}
