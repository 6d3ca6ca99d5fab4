package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestHistogramQuantiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var exact []time.Duration
	var parts [3]histogram
	for i := range 30_000 {
		d := time.Duration(math.Exp(rng.Float64()*math.Log(10e9))) - 1 // from 0 to 10 s
		exact = append(exact, d)
		parts[i%len(parts)].record(d)
	}
	slices.Sort(exact)
	var h histogram
	for i := range parts {
		h.merge(&parts[i])
	}
	if h.count != uint64(len(exact)) || h.max != exact[len(exact)-1] {
		t.Errorf("count %d, max %v, want %d, %v", h.count, h.max, len(exact), exact[len(exact)-1])
	}
	for _, q := range []float64{0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1} {
		want := exact[int(math.Ceil(q*float64(len(exact))))-1]
		got := h.quantile(q)
		if got < want || got > want+want/subBuckets {
			t.Errorf("quantile %v is %v, want %v to %v", q, got, want, want+want/subBuckets)
		}
	}
}

func TestHistogramExactWhereSmall(t *testing.T) {
	var h histogram
	if h.quantile(0.5) != 0 {
		t.Error("an empty histogram has a median")
	}
	for d := range time.Duration(2 * subBuckets) {
		h.record(d)
	}
	if got := h.quantile(0.5); got != subBuckets-1 {
		t.Errorf("median %d, want %d", got, subBuckets-1)
	}
}

// Each bucket begins where the previous one ends.
func TestHistogramBuckets(t *testing.T) {
	next := time.Duration(0)
	for i := range numBuckets {
		if bucket(next) != i || bucket(upper(i)) != i {
			t.Fatalf("bucket %d: %v is in %d, %v in %d", i, next, bucket(next), upper(i), bucket(upper(i)))
		}
		next = upper(i) + 1
	}
	if last := upper(numBuckets - 1); last != math.MaxInt64 {
		t.Errorf("the last bucket ends at %v", last)
	}
}

func TestHistogramNegative(t *testing.T) {
	var h histogram
	h.record(-1)
	if h.count != 1 || h.max != 0 || h.quantile(1) != 0 {
		t.Errorf("count %d, max %v", h.count, h.max)
	}
}
