package metrics_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	rtmetrics "runtime/metrics"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunchwrapper/asynclog/internal/foreigntext"
	"github.com/krunchwrapper/asynclog/metrics"
	"github.com/krunchwrapper/asynclog/processor"
)

const manyOperations = 100_000

// manyStatistics has the figures of a hundred thousand operations, about 30 MB of JSON.
func manyStatistics() metrics.Statistics {
	operations := make(map[string]metrics.OperationStats, manyOperations)
	for i := range manyOperations {
		operations[fmt.Sprintf("GET /users/%06d", i)] = metrics.OperationStats{
			Count: uint64(i + 1), Mean: time.Millisecond, Min: time.Microsecond, Max: time.Second, RecentMean: 1234567,
			P50: 1234567, P90: 2345678, P99: 3456789, Last: 1234567, LastTime: time.Unix(1_700_000_000, int64(i)),
		}
	}
	return metrics.Statistics{PerformanceMonitoring: operations}
}

// heapPeak returns a function that ends the measurement and returns the most bytes that
// the heap has held.
func heapPeak() func() uint64 {
	runtime.GC()
	ended, peak := make(chan struct{}), make(chan uint64)
	go func() {
		sample := []rtmetrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		most := uint64(0)
		for tick := time.NewTicker(2 * time.Millisecond); ; {
			rtmetrics.Read(sample)
			most = max(most, sample[0].Value.Uint64())
			select {
			case <-ended:
				tick.Stop()
				peak <- most
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 { close(ended); return <-peak }
}

// TestManyNames: however many names a program times, the statistics stay small.
func TestManyNames(t *testing.T) {
	m, err := metrics.NewMonitor()
	if err != nil {
		t.Fatal(err)
	}
	peak := heapPeak()
	longest := time.Duration(0)
	for i := range manyOperations {
		begun := time.Now()
		m.Start(t.Context(), fmt.Sprintf("GET /users/%d%s", i, strings.Repeat("\u202e<b>", 100))).Stop()
		longest = max(longest, time.Since(begun))
	}
	r := ask(t, metrics.Handler(func() metrics.Statistics { return metrics.Statistics{PerformanceMonitoring: m.Stats()} }), http.MethodGet, "/")
	t.Logf("%d bytes of JSON, at most %d KiB of heap, longest timer %v", len(r.body), peak()>>10, longest)
	var s struct {
		Operations map[string]struct {
			Count int `json:"count"`
		} `json:"performance_monitoring"`
	}
	if err := json.Unmarshal([]byte(r.body), &s); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Operations); n > 1001 || s.Operations["_other"].Count != manyOperations-n+1 || len(r.body) > 1<<20 {
		t.Errorf("%d operations, %d of them in _other, %d bytes", n, s.Operations["_other"].Count, len(r.body))
	}
}

// pipes is a listener without a network, whose connections have no buffers.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestClientsThatNeverRead: a hundred clients ask for a document of 30 MB and do not read
// it. They hold a bounded amount of memory for a bounded time, and nobody else waits for
// them.
func TestClientsThatNeverRead(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes memory of its own")
	}
	const clients = 100
	peak := heapPeak()
	before := runtime.NumGoroutine()
	synctest.Test(t, func(t *testing.T) {
		statistics, listener := manyStatistics(), make(pipes)
		closed := make(chan struct{}, clients+1)
		server := &http.Server{Handler: metrics.Handler(func() metrics.Statistics { return statistics })}
		server.ConnState = func(_ net.Conn, s http.ConnState) {
			if s == http.StateClosed {
				closed <- struct{}{}
			}
		}
		go func() { _ = server.Serve(listener) }()
		dial := func() net.Conn {
			client, conn := net.Pipe()
			listener <- conn
			_, _ = io.WriteString(client, "GET /?format=json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			return client
		}
		begun := time.Now()
		for range clients {
			defer dial().Close()
		}
		synctest.Wait()
		// The page, which is small, is there for another client at once.
		page := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/?format=html", http.NoBody)
		server.Handler.ServeHTTP(page, r)
		if waited := time.Since(begun); page.Code != http.StatusOK || waited > 0 {
			t.Errorf("the page: %d after %v", page.Code, waited)
		}
		for range clients {
			<-closed
		}
		held := time.Since(begun)
		t.Logf("%d clients held their connections for %v", clients, held)
		if held > 11*time.Second {
			t.Errorf("a client that does not read held its connection for %v", held)
		}
		// And then the statistics are there for everyone again.
		text, err := io.ReadAll(dial())
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 200 OK\r\n") || len(text) < 10<<20 {
			t.Errorf("afterwards: %.100q, %d bytes, %v", text, len(text), err)
		}
		_ = server.Close()
	})
	most := peak()
	t.Logf("at most %d MiB of heap", most>>20)
	if most > 512<<20 {
		t.Errorf("%d MiB of heap are held", most>>20)
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// TestHangingSource: if the source hangs, requests do not wait for ever, and those that
// do not need it are answered.
func TestHangingSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		h := metrics.Handler(func() metrics.Statistics { <-hang; return metrics.Statistics{} })
		first := make(chan int)
		go func() { first <- ask(t, h, http.MethodGet, "/").status }()
		synctest.Wait()
		begun := time.Now()
		if r := ask(t, h, http.MethodGet, "/"); r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" || time.Since(begun) > 11*time.Second {
			t.Errorf("%d after %v", r.status, time.Since(begun))
		}
		if r := ask(t, h, http.MethodGet, "/?format=html"); r.status != http.StatusOK {
			t.Errorf("the page: %d", r.status)
		}
		close(hang)
		if status := <-first; status != http.StatusOK {
			t.Errorf("the first request: %d", status)
		}
		if r := ask(t, h, http.MethodGet, "/"); r.status != http.StatusOK {
			t.Errorf("afterwards: %d", r.status)
		}
	})
}

// A source that panics is net/http's to report, and does not block others.
func TestPanickingSource(t *testing.T) {
	fails := true
	h := metrics.Handler(func() metrics.Statistics {
		if fails {
			panic("no statistics")
		}
		return metrics.Statistics{}
	})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is hidden")
			}
		}()
		ask(t, h, http.MethodGet, "/")
	}()
	fails = false
	if r := ask(t, h, http.MethodGet, "/"); r.status != http.StatusOK {
		t.Errorf("%d after a panic", r.status)
	}
}

// TestHugeRequests: parameters and headers of 1 MiB, with any method, cost little.
func TestHugeRequests(t *testing.T) {
	h := metrics.Handler(sample)
	for name, change := range map[string]func(r *http.Request){
		"query":            func(r *http.Request) { r.URL.RawQuery = strings.Repeat("a=b&", 1<<18) + "format=html" },
		"empty parameters": func(r *http.Request) { r.URL.RawQuery = strings.Repeat("&", 1<<20) },
		"format":           func(r *http.Request) { r.URL.RawQuery = "format=" + strings.Repeat("<script>", 1<<17) },
		"escapes":          func(r *http.Request) { r.URL.RawQuery = strings.Repeat("%zz%00;", 1<<18) },
		"Accept":           func(r *http.Request) { r.Header.Set("Accept", strings.Repeat("text/html;q=x,", 1<<17)) },
		"qualities":        func(r *http.Request) { r.Header.Set("Accept", "text/html"+strings.Repeat(";q", 1<<19)) },
		"many Accept": func(r *http.Request) {
			r.Header["Accept"] = strings.Split(strings.Repeat("a/b;q=0.1,", 1<<17), ",")
		},
		"path":   func(r *http.Request) { r.URL.Path = strings.Repeat("/../", 1<<18) },
		"Host":   func(r *http.Request) { r.Host = strings.Repeat("localhost.", 1<<17) },
		"Origin": func(r *http.Request) { r.Header.Set("Origin", strings.Repeat("http://", 1<<17)) },
	} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "PROPFIND", strings.Repeat("X", 1<<20)} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", http.NoBody)
			r.Method = method
			change(r)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begun, w := time.Now(), httptest.NewRecorder()
			h.ServeHTTP(w, r)
			took := time.Since(begun)
			runtime.ReadMemStats(&after)
			if allocated := after.TotalAlloc - before.TotalAlloc; took > 5*time.Second || allocated > 1<<20 {
				t.Errorf("%s, %.10s: %v, %d KiB allocated", name, method, took, allocated>>10)
			}
			want := http.StatusMethodNotAllowed
			switch {
			case name == "Host":
				want = http.StatusForbidden
			case method == "GET" || method == "HEAD":
				want = http.StatusOK
			}
			if w.Code != want || strings.Contains(w.Body.String(), "<script>&lt;") {
				t.Errorf("%s, %.10s: %d, want %d", name, method, w.Code, want)
			}
		}
	}
}

// TestHostileNamesInJSON: a terminal that shows the JSON does what it did before, and
// the names are those that were given.
func TestHostileNamesInJSON(t *testing.T) {
	hostile := []string{
		"<script>alert(1)</script>", `"},"x":{"`, "a\nb\r\t\x00", "\x1b[2J\x1b]0;owned\x07", "\x7f\u0085\u009b31m", "\u202egpj.exe\u2066\u2069\u200f",
		"\u2028\u2029", "\ufeff\U000e0041", "__proto__", "größer 日本 🏳️‍🌈", `\u202e`,
	}
	s := metrics.Statistics{PerformanceMonitoring: map[string]metrics.OperationStats{}}
	for i, n := range hostile {
		s.PerformanceMonitoring[n] = metrics.OperationStats{Count: uint64(i + 1)}
		s.AsyncLogging.Exporters = append(s.AsyncLogging.Exporters, processor.ExporterStats{Type: n, LastError: "secret " + n})
		s.AsyncLogging.Dropped = append(s.AsyncLogging.Dropped, processor.Drop{Reason: processor.Reason(n), Count: uint64(i + 1)})
	}
	r := ask(t, metrics.Handler(func() metrics.Statistics { return s }), http.MethodGet, "/")
	if strings.ContainsFunc(r.body, foreigntext.Escaped) || strings.Contains(r.body, "<") || strings.Contains(r.body, "secret") {
		t.Errorf("%q", r.body)
	}
	var back struct {
		Ledger struct {
			Dropped   map[string]map[string]int `json:"dropped"`
			Exporters []struct {
				Type string `json:"type"`
			} `json:"exporters"`
		} `json:"async_logging"`
		Operations map[string]struct {
			Count int `json:"count"`
		} `json:"performance_monitoring"`
	}
	if err := json.Unmarshal([]byte(r.body), &back); err != nil {
		t.Fatal(err)
	}
	for i, n := range hostile {
		if back.Operations[n].Count != i+1 || back.Ledger.Exporters[i].Type != n || back.Ledger.Dropped[n]["UNSPECIFIED"] != i+1 {
			t.Errorf("%q has changed", n)
		}
	}
}
