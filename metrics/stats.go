package metrics

import (
	"cmp"
	"slices"
	"time"
)

// recentCount is of how many durations RecentMean is the mean.
const recentCount = 10

// OperationStats are the figures of one operation since it was first timed, or
// since [Monitor.Reset]. They belong together: all are of the same measurements.
type OperationStats struct {
	// Count is how many timers were stopped, Failures how many of them with an
	// error or a panic.
	Count, Failures uint64
	// Mean, Min and Max are of all durations, failures included.
	Mean, Min, Max time.Duration
	// RecentMean is the mean of the last ten durations, or of all, if fewer.
	RecentMean time.Duration
	// P50, P90 and P99 are percentiles of the last durations, as many as
	// [WithWindow] says, by nearest rank: the least duration that so many
	// percent do not exceed. It is one that was measured.
	P50, P90, P99 time.Duration
	// Last is the last duration, LastTime when it ended.
	Last     time.Duration
	LastTime time.Time
}

// Stats returns the figures of all operations of which a timer has been stopped,
// by name. It is a copy, made operation by operation: a timer that is stopped
// meanwhile waits for the copy of a part of its own operation's figures at most,
// at the default window 8 KiB; percentiles are worked out afterwards. A nil Monitor
// has none.
func (m *Monitor) Stats() map[string]OperationStats {
	stats := make(map[string]OperationStats)
	if m == nil {
		return stats
	}
	r := m.operations
	r.sweep()
	// Large enough from the start: nothing is allocated while a stripe is locked.
	scratch := make([]measurement, 0, r.stripes*max(r.window, recentCount))
	for _, op := range r.all() {
		var t tally
		scratch = scratch[:0]
		alive := true
		for i := range op.stripes {
			// Forgotten meanwhile, it may have a successor in the list already.
			alive = alive && op.stripes[i].copyInto(&t, &scratch)
		}
		if !alive || t.count == 0 {
			continue
		}
		s := summary(t, scratch, r.window)
		now := time.Now() // the wall clock may have been set since the epoch
		s.LastTime = now.Add(t.last - r.since(now)).Round(0)
		stats[op.name] = s
	}
	return stats
}

// summary works out the figures from a tally that is not empty and the
// measurements that were kept, which it sorts.
func summary(t tally, recent []measurement, window int) OperationStats {
	s := OperationStats{
		Count:    t.count,
		Failures: t.failures,
		Mean:     t.mean(),
		Min:      t.least,
		Max:      t.most,
	}
	// Stable, because those of one stripe are in order where the clock is coarse.
	slices.SortStableFunc(recent, func(a, b measurement) int { return cmp.Compare(a.end, b.end) })
	s.Last = recent[len(recent)-1].duration

	var last tally
	for _, m := range recent[max(len(recent)-recentCount, 0):] {
		last.add(m.end, m.duration, false)
	}
	s.RecentMean = last.mean()

	recent = recent[max(len(recent)-window, 0):]
	slices.SortFunc(recent, func(a, b measurement) int { return cmp.Compare(a.duration, b.duration) })
	s.P50, s.P90, s.P99 = percentile(recent, 50), percentile(recent, 90), percentile(recent, 99)
	return s
}

// percentile returns the nearest rank of sorted measurements.
func percentile(sorted []measurement, percent int) time.Duration {
	rank := (len(sorted)*percent + 99) / 100 // rounded up; the first is 1
	return sorted[max(rank, 1)-1].duration
}
