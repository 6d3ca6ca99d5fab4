package metrics_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunchwrapper/asynclog/metrics"
)

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := start(t)
		time.Sleep(time.Hour)
		for i := range 100 {
			timer := m.Start(t.Context(), "parse")
			time.Sleep(time.Duration(i+1) * time.Millisecond)
			if i%10 == 0 {
				timer.StopErr(errBroken)
			} else {
				timer.Stop()
			}
		}
		ended := time.Now()
		time.Sleep(time.Minute)
		got := m.Stats()["parse"]
		want := metrics.OperationStats{
			Count:      100,
			Failures:   10,
			Mean:       50500 * time.Microsecond,
			Min:        time.Millisecond,
			Max:        100 * time.Millisecond,
			RecentMean: 95500 * time.Microsecond,
			P50:        50 * time.Millisecond,
			P90:        90 * time.Millisecond,
			P99:        99 * time.Millisecond,
			Last:       100 * time.Millisecond,
			LastTime:   ended.Round(0),
		}
		if got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
}

func TestStatsOfOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := start(t)
		run(t, m, "once", time.Second)
		got := m.Stats()["once"]
		got.LastTime = time.Time{}
		if want := (metrics.OperationStats{
			Count: 1, Mean: time.Second, Min: time.Second, Max: time.Second, RecentMean: time.Second,
			P50: time.Second, P90: time.Second, P99: time.Second, Last: time.Second,
		}); got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		run(t, m, "no time", 0)
		if got := m.Stats()["no time"]; got.Count != 1 || got.Max != 0 || got.Mean != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// The figures are those of a model that keeps everything.
func TestStatsAgainstModel(t *testing.T) {
	for _, window := range []int{1, 2, 7, 10, 11, 64, 512} {
		t.Run(fmt.Sprintf("window=%d", window), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, _ := start(t, metrics.WithWindow(window))
				var all []time.Duration
				random := rand.New(rand.NewPCG(1, uint64(window)))
				for range 700 {
					d := time.Duration(random.ExpFloat64() * float64(time.Millisecond))
					run(t, m, "parse", d)
					all = append(all, d)
					if len(all)%23 > 1 {
						continue
					}
					got := m.Stats()["parse"]
					got.LastTime = time.Time{}
					if want := model(all, window); got != want {
						t.Fatalf("after %d:\ngot  %+v\nwant %+v", len(all), got, want)
					}
				}
			})
		})
	}
}

func model(all []time.Duration, window int) metrics.OperationStats {
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
	return metrics.OperationStats{
		Count: uint64(len(all)), Mean: mean(all), Min: slices.Min(all), Max: slices.Max(all),
		RecentMean: mean(all[max(len(all)-10, 0):]),
		P50:        percentile(50), P90: percentile(90), P99: percentile(99),
		Last: all[len(all)-1],
	}
}

// A snapshot is the caller's.
func TestStatsIsACopy(t *testing.T) {
	m, _ := start(t)
	m.Start(t.Context(), "parse").Stop()
	s := m.Stats()
	delete(s, "parse")
	if len(m.Stats()) != 1 {
		t.Error("the snapshot is the monitor's own")
	}
}
