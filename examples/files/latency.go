package main

import (
	"math"
	"math/bits"
	"time"
)

const (
	// Each power of two is divided into subBuckets buckets, so a quantile is too high
	// by at most 1/subBuckets.
	subBuckets    = 1 << subBucketBits
	subBucketBits = 5

	numBuckets = (63-subBucketBits-1)*subBuckets + 2*subBuckets
)

// histogram counts durations in buckets whose width grows with the duration. Its
// size is 15 KB, however many durations it counts. The zero value is empty.
type histogram struct {
	counts [numBuckets]uint64
	count  uint64
	max    time.Duration
}

// bucket returns the index of a duration's bucket. Durations below 2*subBuckets
// nanoseconds have a bucket each. The index of a longer duration combines the shift to the
// right that leaves a number from subBuckets to 2*subBuckets-1, and that number.
func bucket(d time.Duration) int {
	shift := max(0, bits.Len64(uint64(d))-subBucketBits-1)
	return shift*subBuckets + int(uint64(d)>>shift)
}

// upper returns the longest duration in a bucket.
func upper(bucket int) time.Duration {
	shift := max(0, bucket/subBuckets-1)
	return time.Duration((uint64(bucket-shift*subBuckets)+1)<<shift - 1)
}

func (h *histogram) record(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(d)]++
	h.count++
	h.max = max(h.max, d)
}

func (h *histogram) merge(other *histogram) {
	for i, n := range &other.counts {
		h.counts[i] += n
	}
	h.count += other.count
	h.max = max(h.max, other.max)
}

// quantile returns a duration that a share q of all durations does not exceed. It returns
// 0 if there are no durations.
func (h *histogram) quantile(q float64) time.Duration {
	rank := uint64(math.Ceil(q * float64(h.count)))
	seen := uint64(0)
	for i, n := range &h.counts {
		if seen += n; n > 0 && seen >= rank {
			return min(upper(i), h.max)
		}
	}
	return h.max
}
