package metrics

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

// Model computes the figures from all durations, in the order in which they ended.
// The tests of package metrics_test use it, too.
func Model(all []time.Duration, window int) OperationStats {
	mean := func(ds []time.Duration) time.Duration {
		var sum time.Duration
		for _, d := range ds {
			sum += d
		}
		return sum / time.Duration(len(ds))
	}
	last := slices.Sorted(slices.Values(all[max(len(all)-window, 0):]))
	percentile := func(p int) time.Duration {
		for i, d := range last { // the first that p percent do not exceed
			if (i+1)*100 >= p*len(last) {
				return d
			}
		}
		panic("unreachable")
	}
	return OperationStats{
		Count: uint64(len(all)), Mean: mean(all), Min: slices.Min(all), Max: slices.Max(all),
		RecentMean: mean(all[max(len(all)-10, 0):]),
		P50:        percentile(50), P90: percentile(90), P99: percentile(99),
		Last: all[len(all)-1],
	}
}

// With a window of any size the figures are those of a model that keeps everything.
func TestWindowAgainstModel(t *testing.T) {
	for _, window := range []int{1, 2, 7, 10, 11, 64, 512} {
		t.Run(fmt.Sprintf("window=%d", window), func(t *testing.T) {
			s := stripe{window: max(window, recentCount)}
			var end time.Duration
			var all []time.Duration
			random := rand.New(rand.NewPCG(1, uint64(window)))
			for range 700 {
				d := time.Duration(random.ExpFloat64() * float64(time.Millisecond))
				end += d
				if !s.addLocked(end, d, false) {
					t.Fatal("the stripe counted nothing")
				}
				all = append(all, d)
				if len(all)%23 > 1 {
					continue
				}
				var sum totals
				var recent []measurement
				s.copyInto(&sum, &recent)
				if got, want := summary(sum, recent, window), Model(all, window); got != want {
					t.Fatalf("after %d:\ngot  %+v\nwant %+v", len(all), got, want)
				}
			}
		})
	}
}

// Full rings are copied while timers overwrite their oldest measurements.
func TestFullWindowConcurrentSafe(t *testing.T) {
	const window, goroutines, each = 8, 4, 2_000
	op := newOperation("parse", 0, 0, 4)
	for i := range op.stripes {
		op.stripes[i].window = window
	}
	stop := make(chan struct{})
	var reader, wg sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			var sum totals
			var recent []measurement
			for i := range op.stripes {
				op.stripes[i].copyInto(&sum, &recent)
			}
			if len(recent) > len(op.stripes)*window || uint64(len(recent)) > sum.count {
				t.Errorf("%d measurements of %d are kept", len(recent), sum.count)
			}
		}
	})
	for g := range goroutines {
		wg.Go(func() {
			stripe := uint32(g)
			for i := range each {
				_, stripe = op.count(stripe, time.Duration(i), 1, false)
			}
		})
	}
	wg.Wait()
	close(stop)
	reader.Wait()
	var sum totals
	var recent []measurement
	for i := range op.stripes {
		op.stripes[i].copyInto(&sum, &recent)
	}
	if sum.count != goroutines*each {
		t.Errorf("%d counted, want %d", sum.count, goroutines*each)
	}
}
