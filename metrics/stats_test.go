package metrics_test

import (
	"math/rand/v2"
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

// The percentiles are of the last 512 durations, whatever went before.
func TestStatsAgainstModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := start(t)
		var all []time.Duration
		random := rand.New(rand.NewPCG(1, 512))
		for range 700 {
			d := time.Duration(random.ExpFloat64() * float64(time.Millisecond))
			run(t, m, "parse", d)
			all = append(all, d)
			if len(all)%23 > 1 {
				continue
			}
			got := m.Stats()["parse"]
			got.LastTime = time.Time{}
			if want := metrics.Model(all, 512); got != want {
				t.Fatalf("after %d:\ngot  %+v\nwant %+v", len(all), got, want)
			}
		}
	})
}

// The caller owns the returned map.
func TestStatsIsACopy(t *testing.T) {
	m, _ := start(t)
	m.Start(t.Context(), "parse").Stop()
	s := m.Stats()
	delete(s, "parse")
	if len(m.Stats()) != 1 {
		t.Error("a change of the returned map changed the monitor")
	}
}
