package processor

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/backoff"
)

// An exporter that fails and recovers each second is reported at once, and then at intervals
// that double, with how many outages there were in between. Each report of an outage has
// its end beside it.
func TestFlappingExporterIsReportedAtGrowingIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var lines lineLog
		p := start(t, exportertest.New(), WithFallback(&lines))
		h := p.exporters[0]
		begun := time.Now()
		flap := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); {
				for range 3 {
					p.exportFailed(h, backoff.Failure{}, errAway)
				}
				time.Sleep(500 * time.Millisecond)
				p.exportSucceeded(h)
				time.Sleep(500 * time.Millisecond)
			}
		}
		want := func(what string, times ...time.Duration) {
			t.Helper()
			synctest.Wait()
			var degraded, recovered []time.Duration
			var before []any
			for _, l := range lines.lines(t, true) {
				if l.EventName == degradedEvent {
					degraded = append(degraded, l.Timestamp.Sub(begun)/time.Second)
					before = append(before, l.attribute("asynclog.outages"))
				} else {
					recovered = append(recovered, (l.Timestamp.Sub(begun)-500*time.Millisecond)/time.Second)
				}
			}
			if !slices.Equal(degraded, times) || !slices.Equal(recovered, times) {
				t.Errorf("%s: degraded after %v, recovered after %v, want %v", what, degraded, recovered, times)
			}
			for i := 1; i < len(times); i++ {
				if n := float64(times[i]-times[i-1]) - 1; before[i] != n && times[i]-times[i-1] < 600 {
					t.Errorf("%s: after %d s %v outages before, want %v", what, times[i], before[i], n)
				}
			}
		}
		flap(10 * time.Minute)
		want("ten minutes", 0, 10, 30, 70, 150, 310)
		if size := lines.buf.Len(); size > 8<<10 {
			t.Errorf("%d bytes in ten minutes", size)
		} else {
			t.Logf("a flapping exporter wrote %d bytes in ten minutes", size)
		}
		flap(50 * time.Minute)
		want("an hour", 0, 10, 30, 70, 150, 310, 630, 1230, 1830, 2430, 3030)
		time.Sleep(maxOutageInterval)
		flap(20 * time.Second)
		want("after a quiet time", 0, 10, 30, 70, 150, 310, 630, 1230, 1830, 2430, 3030, 4200, 4210)
	})
}

// An outage that begins soon after another is reported when it has gone on for a while, and
// then its end is, too.
func TestLongOutageAfterAShortOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var lines lineLog
		p := start(t, exportertest.New(), WithFallback(&lines))
		h := p.exporters[0]
		fail := func() { p.exportFailed(h, backoff.Failure{}, errAway) }
		want := func(names ...string) {
			t.Helper()
			synctest.Wait()
			var got []string
			for _, l := range lines.lines(t, true) {
				got = append(got, l.EventName)
			}
			if !slices.Equal(got, names) {
				t.Errorf("after %v: %v, want %v", time.Now(), got, names)
			}
		}
		for range 3 {
			fail()
		}
		p.exportSucceeded(h)
		want(degradedEvent, recoveredEvent)
		time.Sleep(time.Second)
		for range 3 {
			fail()
		}
		time.Sleep(outageInterval - time.Second - time.Millisecond)
		fail()
		want(degradedEvent, recoveredEvent)
		time.Sleep(time.Millisecond)
		fail()
		fail()
		want(degradedEvent, recoveredEvent, degradedEvent)
		time.Sleep(time.Hour)
		fail()
		p.exportSucceeded(h)
		want(degradedEvent, recoveredEvent, degradedEvent, recoveredEvent)
		events := lines.lines(t, true)
		if events[2].attribute("asynclog.outages") != nil || events[2].attribute("asynclog.failures") != 5.0 {
			t.Errorf("%+v, want the second outage after five failures", events[2])
		}
		if took := events[3].attribute("asynclog.duration"); took != (time.Hour + outageInterval - time.Second).Seconds() {
			t.Errorf("it took %v", took)
		}
	})
}
