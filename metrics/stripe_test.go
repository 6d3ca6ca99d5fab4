package metrics

import (
	"math"
	"testing"
	"time"
)

// The mean is right when the sum of durations exceeds 64 bits.
func TestMeanOfHugeSums(t *testing.T) {
	var a, b totals
	for range 10 {
		a.add(1, math.MaxInt64, false)
		b.add(2, math.MaxInt64-2, true)
	}
	a.merge(b)
	if got, want := a.mean(), time.Duration(math.MaxInt64-1); got != want {
		t.Errorf("mean %d, want %d", got, want)
	}
	if a.count != 20 || a.failures != 10 || a.min != math.MaxInt64-2 || a.max != math.MaxInt64 || a.last != 2 {
		t.Errorf("%+v", a)
	}
}

func TestEmptyTotals(t *testing.T) {
	var a, b totals
	a.merge(b)
	if a != b || a.mean() != 0 {
		t.Errorf("%+v, mean %v", a, a.mean())
	}
	b.add(5, 7, false)
	a.merge(b)
	b.merge(totals{})
	if a != b {
		t.Errorf("%+v, want %+v", a, b)
	}
}

// Measurements of different stripes are put in the order in which they ended.
func TestStripesAreMerged(t *testing.T) {
	const window = 20
	stripes := []stripe{{window: window}, {window: window}, {window: window}}
	for i := range 100 {
		if at := time.Duration(i); !stripes[i*i%7%3].addLocked(at, 1000+at, false) {
			t.Fatal("a stripe counted nothing")
		}
	}
	var sum totals
	var all []measurement
	for i := range stripes {
		if !stripes[i].copyInto(&sum, &all) {
			t.Error("a stripe is forgotten")
		}
	}
	if len(all) > len(stripes)*window {
		t.Errorf("%d measurements kept", len(all))
	}
	s := summary(sum, all, window)
	// The last twenty are 1080 … 1099, the last ten 1090 … 1099.
	if s.Count != 100 || s.Last != 1099 || s.RecentMean != 1094 || s.P50 != 1089 || s.P90 != 1097 || s.P99 != 1099 || s.Min != 1000 {
		t.Errorf("%+v", s)
	}
}

// Measurements that ended at the same time by a coarse clock keep their order.
func TestCoarseClock(t *testing.T) {
	s := stripe{window: 10}
	for i := range 34 {
		s.addLocked(7, time.Duration(i), false)
	}
	var sum totals
	var recent []measurement
	s.copyInto(&sum, &recent)
	got := summary(sum, recent, 10)
	if got.Last != 33 || got.P99 != 33 || got.P50 != 28 {
		t.Errorf("%+v", got)
	}
}

// The memory of a window grows as it is used, and does not exceed the window.
func TestWindowGrowsWithUse(t *testing.T) {
	s := stripe{window: 512}
	s.addLocked(1, 1, false)
	if c := cap(s.recent); c > 16 {
		t.Errorf("capacity %d after one measurement", c)
	}
	for range 5_000 {
		s.addLocked(1, 1, false)
	}
	if c := cap(s.recent); c > 1024 {
		t.Errorf("capacity %d with a window of 512", c)
	}
}

// A forgotten stripe counts nothing, and an operation is forgotten in all stripes or in none.
func TestForget(t *testing.T) {
	op := &operation{stripes: make([]stripe, 4), created: 10}
	for i := range op.stripes {
		op.stripes[i].window = 1
	}
	op.stripes[2].addLocked(50, 1, false)
	for _, c := range []struct {
		before time.Duration
		want   bool
	}{{9, false}, {49, false}, {50, true}} {
		if got := op.forget(c.before); got != c.want {
			t.Errorf("forget(%d) = %v", c.before, got)
		}
		for i := range op.stripes {
			if op.stripes[i].forgotten != c.want {
				t.Errorf("forget(%d): stripe %d forgotten = %v", c.before, i, op.stripes[i].forgotten)
			}
		}
	}
	if counted, _ := op.count(2, 60, 1, false); counted {
		t.Error("a forgotten stripe counted")
	}
	if op.stripes[2].copyInto(new(totals), new([]measurement)) {
		t.Error("a forgotten stripe was copied as if it were not forgotten")
	}
}
