package metrics_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/metrics"
)

// A page that is paused during a request stays paused, whatever the response is.
func TestPauseDuringRequestInBrowser(t *testing.T) {
	handler := metrics.Handler(newSimulation().next)
	var holding atomic.Bool
	held, release := make(chan struct{}, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if holding.Load() && r.URL.Query().Get("format") == "json" {
			held <- struct{}{}
			<-release
			http.Error(w, "no", http.StatusServiceUnavailable)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	b := openTab(t, server.URL)
	b.until(`document.getElementById('state')?.textContent === 'live'`)
	b.eval(`window.warned = false; console.warn = () => { window.warned = true; }; 0`)
	holding.Store(true)
	<-held
	b.eval(`document.getElementById('pause').click()`)
	holding.Store(false)
	close(release)
	b.until(`window.warned`)
	if got := b.eval(`document.getElementById('state').textContent`); got != "paused" {
		t.Errorf("state %q", got)
	}
}

// The page reports an outage for as long as it lasts.
func TestOutageInBrowser(t *testing.T) {
	var out atomic.Bool
	out.Store(true)
	since := time.Date(2026, 1, 2, 15, 4, 5, 0, time.Local)
	server := httptest.NewServer(metrics.Handler(func() (s metrics.Statistics) {
		if out.Load() {
			s.AsyncLogging.Degraded, s.AsyncLogging.DegradedSince, s.AsyncLogging.ConsecutiveFailures = true, since, 1234
		}
		return s
	}))
	defer server.Close()
	b := openTab(t, server.URL)
	b.until(`document.getElementById('outage')?.hidden === false`)
	got := b.eval(`document.getElementById('outage').textContent`)
	if !strings.Contains(got, "since 15:04:05: 1,234 exports") {
		t.Errorf("the page says %q", got)
	}
	out.Store(false)
	b.until(`document.getElementById('outage').hidden`)
}

// A person sorts and filters operations, points at a chart, and pauses the page.
func TestUseOfPageInBrowser(t *testing.T) {
	e := newSimulation()
	for i := range 20 {
		e.times[fmt.Sprintf("task %02d", i)] = metrics.OperationStats{Count: uint64(i + 1), Mean: time.Duration(i+1) * time.Minute}
	}
	server := httptest.NewServer(metrics.Handler(e.next))
	defer server.Close()
	b := openTab(t, server.URL)
	first := func() string { return b.eval(`document.querySelector('#operations tbody tr td').textContent`) }
	click := func(selector string) { b.eval(fmt.Sprintf(`document.querySelector(%q).click()`, selector)) }

	b.until(`document.getElementById('state')?.textContent === 'live' && samples.length >= 3`)
	if got := first(); got != "GET /users/{id}" {
		t.Errorf("first by name: %q", got)
	}
	click(`th[data-key=mean_seconds] button`)
	if got := first(); got != "task 19" {
		t.Errorf("first by mean: %q", got)
	}
	if got := b.eval(`document.querySelector('th[aria-sort]').textContent + document.querySelector('th[aria-sort]').ariaSort`); got != "meandescending" {
		t.Errorf("sorted by %q", got)
	}
	click(`th[data-key=mean_seconds] button`)
	if got := first(); got != "cache lookup" {
		t.Errorf("last by mean: %q", got)
	}
	b.eval(`(f => { f.value = 'TASK 1'; f.dispatchEvent(new Event('input')); })(document.getElementById('filter'))`)
	if got := b.eval(`document.querySelectorAll('#operations tbody tr').length`); got != "10" {
		t.Errorf("%s operations match", got)
	}
	b.until(`!document.getElementById('more-operations').hidden && document.getElementById('more-operations').textContent === '10 of 26 operations'`)

	b.point("#queue-chart svg", 0.98, 0.5)
	b.until(`document.querySelectorAll('.cursor').length === 2`) // one in each chart
	if got := b.eval(`document.getElementById('rate-reading').textContent`); strings.HasPrefix(got, "now") {
		t.Errorf("pointing at a chart shows %q", got)
	}
	b.point("header h1", 0.5, 0.5)
	b.until(`document.querySelectorAll('.cursor').length === 0`)

	click(`#pause`)
	b.until(`document.getElementById('state').textContent === 'paused'`)
	logged := b.eval(`document.querySelector('.tile .value').textContent`)
	time.Sleep(1500 * time.Millisecond)
	if got := b.eval(`document.querySelector('.tile .value').textContent`); got != logged {
		t.Errorf("the paused page went from %s to %s", logged, got)
	}
	click(`#pause`)
	b.until(fmt.Sprintf(`document.getElementById('state').textContent === 'live' && document.querySelector('.tile .value').textContent !== %q`, logged))
}

// TestManyOperationsInBrowser: the page works with a hundred thousand operations, and does
// not keep the server or itself busy with them.
func TestManyOperationsInBrowser(t *testing.T) {
	if raceEnabled {
		t.Skip("the detector makes the server's JSON of that many operations slow, and looks at no code of the page")
	}
	statistics := manyStatistics()
	var asked atomic.Int64
	server := httptest.NewServer(metrics.Handler(func() metrics.Statistics {
		asked.Add(1)
		return statistics
	}))
	defer server.Close()
	begun := time.Now()
	b := openTab(t, server.URL)
	b.until(`document.getElementById('state')?.textContent === 'live' && samples.length >= 1`)
	t.Logf("live after %v", time.Since(begun))
	b.until(`samples.length >= 3`)
	if got := b.eval(`document.getElementById('more-operations').textContent`); got != "100 of 100,000 operations" {
		t.Errorf("the page says %q", got)
	}
	b.eval(`(f => { f.value = '99999'; f.dispatchEvent(new Event('input')); })(document.getElementById('filter'))`)
	if got := b.eval(`document.querySelector('#operations tbody tr td').textContent`); got != "GET /users/099999" {
		t.Errorf("the filter finds %q", got)
	}
	if got := b.eval(`document.querySelectorAll('#operations tbody tr').length`); got != "1" {
		t.Errorf("%s rows", got)
	}
	b.eval(`document.querySelector('th[data-key=count] button').click()`)
	if got := b.eval(`[...timings.values()].filter(t => t.means).length`); got != "1000" {
		t.Errorf("%s operations have a history", got)
	}
	if got := b.eval(`samples.slice(1).every(s => !s.gap)`); got != "true" {
		t.Error("the charts have gaps")
	}
	t.Logf("%d requests in %v, %s MiB of the browser's heap", asked.Load(), time.Since(begun),
		b.eval(`Math.round(performance.memory.usedJSHeapSize / 2**20)`))
}
