package metrics

import (
	"math"
	"testing"
	"time"
)

// The sum of durations exceeds 64 bits, and the mean is right all the same.
func TestMeanOfHugeSums(t *testing.T) {
	var a, b tally
	for range 10 {
		a.add(1, math.MaxInt64, false)
		b.add(2, math.MaxInt64-2, true)
	}
	a.merge(b)
	if got, want := a.mean(), time.Duration(math.MaxInt64-1); got != want {
		t.Errorf("mean %d, want %d", got, want)
	}
	if a.count != 20 || a.failures != 10 || a.least != math.MaxInt64-2 || a.most != math.MaxInt64 || a.last != 2 {
		t.Errorf("%+v", a)
	}
}

func TestEmptyTally(t *testing.T) {
	var a, b tally
	a.merge(b)
	if a != b || a.mean() != 0 {
		t.Errorf("%+v, mean %v", a, a.mean())
	}
	b.add(5, 7, false)
	a.merge(b)
	b.merge(tally{})
	if a != b {
		t.Errorf("%+v, want %+v", a, b)
	}
}

// Measurements that different stripes have are put in order by when they ended.
func TestStripesAreMerged(t *testing.T) {
	const window = 20
	stripes := []stripe{{window: window}, {window: window}, {window: window}}
	for i := range 100 {
		if at := time.Duration(i); !stripes[i*i%7%3].addLocked(at, 1000+at, false) {
			t.Fatal("a stripe took nothing")
		}
	}
	var sum tally
	var all []measurement
	for i := range stripes {
		if !stripes[i].copyInto(&sum, &all) {
			t.Error("a stripe is dead")
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

// Measurements that ended at the same time, by a coarse clock, keep their order.
func TestCoarseClock(t *testing.T) {
	s := stripe{window: 10}
	for i := range 34 {
		s.addLocked(7, time.Duration(i), false)
	}
	var sum tally
	var recent []measurement
	s.copyInto(&sum, &recent)
	got := summary(sum, recent, 10)
	if got.Last != 33 || got.P99 != 33 || got.P50 != 28 {
		t.Errorf("%+v", got)
	}
}

// What a window costs is taken as it is used, and no more than it says.
func TestWindowGrowsWithUse(t *testing.T) {
	s := stripe{window: 512}
	s.addLocked(1, 1, false)
	if c := cap(s.recent); c > 16 {
		t.Errorf("room for %d after one", c)
	}
	for range 5_000 {
		s.addLocked(1, 1, false)
	}
	if c := cap(s.recent); c > 1024 {
		t.Errorf("room for %d at a window of 512", c)
	}
}

// A dead stripe takes nothing, and an operation is dead in all stripes or none.
func TestKill(t *testing.T) {
	op := &operation{stripes: make([]stripe, 4), born: 10}
	for i := range op.stripes {
		op.stripes[i].window = 1
	}
	op.stripes[2].addLocked(50, 1, false)
	for _, c := range []struct {
		before time.Duration
		want   bool
	}{{9, false}, {49, false}, {50, true}} {
		if got := op.kill(c.before); got != c.want {
			t.Errorf("kill(%d) = %v", c.before, got)
		}
		for i := range op.stripes {
			if op.stripes[i].dead != c.want {
				t.Errorf("kill(%d): stripe %d dead = %v", c.before, i, op.stripes[i].dead)
			}
		}
	}
	if counted, _ := op.count(2, 60, 1, false); counted {
		t.Error("a dead stripe counted")
	}
	if op.stripes[2].copyInto(new(tally), new([]measurement)) {
		t.Error("a dead stripe was copied as if it were alive")
	}
}
