package metrics

import (
	"cmp"
	"slices"
	"time"
)

const (
	// percentileWindow is how many of an operation's last durations the percentiles
	// are computed from. A stripe keeps as many: 16 bytes each, taken as they are
	// used.
	percentileWindow = 512

	// recentCount is how many durations RecentMean is the mean of. It is smaller
	// than percentileWindow.
	recentCount = 10
)

// OperationStats are the figures of one operation since it was first timed, or
// since [Monitor.Reset]. All figures are of the same measurements.
type OperationStats struct {
	// Count is how many timers were stopped. Failures is how many of them were
	// stopped with an error or by a panic.
	Count, Failures uint64
	// Mean, Min and Max are of all durations, failures included.
	Mean, Min, Max time.Duration
	// RecentMean is the mean of the last ten durations, or of all if there are fewer.
	RecentMean time.Duration
	// P50, P90 and P99 are percentiles of the last 512 durations, by nearest
	// rank: the smallest measured duration that this share of them does not
	// exceed.
	P50, P90, P99 time.Duration
	// Last is the last duration. LastTime is when it ended.
	Last     time.Duration
	LastTime time.Time
}

// Stats returns the figures of all operations of which a timer has been stopped,
// by name. The map is a copy, made operation by operation. A timer that is stopped
// meanwhile waits at most for the copy of a part of its own operation's figures,
// 8 KiB; percentiles are computed after that. A nil Monitor returns an empty map.
func (m *Monitor) Stats() map[string]OperationStats {
	stats := make(map[string]OperationStats)
	if m == nil {
		return stats
	}
	r := m.operations
	r.sweep()
	// Large enough from the start: nothing is allocated while a stripe is locked.
	scratch := make([]measurement, 0, r.stripes*percentileWindow)
	for _, op := range r.all() {
		var t totals
		scratch = scratch[:0]
		alive := true
		for i := range op.stripes {
			// An operation forgotten meanwhile may have a successor in the list already.
			alive = alive && op.stripes[i].copyInto(&t, &scratch)
		}
		if !alive || t.count == 0 {
			continue
		}
		s := summary(t, scratch, percentileWindow)
		now := time.Now() // the wall clock may have been set since the epoch
		s.LastTime = now.Add(t.last - r.since(now)).Round(0)
		stats[op.name] = s
	}
	return stats
}

// summary computes the figures from totals that are not empty and from the
// measurements that were kept, which it sorts. The percentiles are of the last
// window measurements.
func summary(t totals, recent []measurement, window int) OperationStats {
	s := OperationStats{
		Count:    t.count,
		Failures: t.failures,
		Mean:     t.mean(),
		Min:      t.min,
		Max:      t.max,
	}
	// Stable, because those of one stripe are in order where the clock is coarse.
	slices.SortStableFunc(recent, func(a, b measurement) int { return cmp.Compare(a.end, b.end) })
	s.Last = recent[len(recent)-1].duration

	var last totals
	for _, m := range recent[max(len(recent)-recentCount, 0):] {
		last.add(m.end, m.duration, false)
	}
	s.RecentMean = last.mean()

	recent = recent[max(len(recent)-window, 0):]
	slices.SortFunc(recent, func(a, b measurement) int { return cmp.Compare(a.duration, b.duration) })
	s.P50, s.P90, s.P99 = percentile(recent, 50), percentile(recent, 90), percentile(recent, 99)
	return s
}

// percentile returns the duration at the nearest rank of sorted measurements.
func percentile(sorted []measurement, percent int) time.Duration {
	rank := (len(sorted)*percent + 99) / 100 // rounded up; the first is 1
	return sorted[max(rank, 1)-1].duration
}
