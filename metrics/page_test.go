package metrics_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/foreigntext"
	"github.com/krunchwrapper/asynclog/metrics"
	"github.com/krunchwrapper/asynclog/processor"
)

const minutes = 150 * time.Second // of the browser's time

// text returns what a browser shows of the element with the given ID.
func (v visit) text(t *testing.T, id string) string {
	t.Helper()
	begin := strings.Index(v.document, `id="`+id+`"`)
	if begin < 0 {
		t.Fatalf("there is no element %q:\n%s", id, v.document)
	}
	rest := v.document[begin:]
	name := regexp.MustCompile(`<(\w+)[^<]*$`).FindStringSubmatch(v.document[:begin])[1]
	end := strings.Index(rest, "</"+name+">")
	inner := rest[strings.Index(rest, ">")+1 : end]
	return strings.TrimSpace(regexp.MustCompile(`\s+`).ReplaceAllString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(inner, " "), " "))
}

func (v visit) has(t *testing.T, wants ...string) {
	t.Helper()
	for _, w := range wants {
		if !strings.Contains(v.document, w) {
			t.Errorf("the page lacks %q", w)
		}
	}
}

// quiet fails the test if the console has messages: an exception of a script, or a
// violation of the Content-Security-Policy.
func (v visit) quiet(t *testing.T) {
	t.Helper()
	if v.console != "" {
		t.Errorf("the console has\n%s", v.console)
	}
}

func TestPageInBrowser(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags []string
	}{
		{"light", []string{"--window-size=1280,1080"}},
		{"dark", []string{"--window-size=1280,1080", "--blink-settings=preferredColorScheme=0"}},
		{"narrow", []string{"--window-size=500,2200"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			mux := http.NewServeMux()
			handler := metrics.Handler(newSimulation().next)
			mux.HandleFunc("/debug/asynclog/", func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("format") == "json" {
					asked.Add(1)
				}
				handler.ServeHTTP(w, r)
			})
			server := httptest.NewServer(mux)
			defer server.Close()
			v := browse(t, server.URL+"/debug/asynclog/", minutes, c.name, c.flags...)
			v.quiet(t)
			if got := v.text(t, "state"); got != "live" {
				t.Errorf("state %q", got)
			}
			// About once a second, for both visits if there was a screenshot.
			if n := asked.Load(); n < 130 {
				t.Errorf("asked %d times in %v", n, minutes)
			}
			for _, want := range []string{"evicted", "queue_full", "export_timeout", "TRACE", "DEBUG", "INFO", "WARN"} {
				if got := v.text(t, "drops"); !strings.Contains(got, want) {
					t.Errorf("no %s among the drops: %s", want, got)
				}
			}
			for _, want := range []string{"cache lookup", "GET /users/{id}", "_other", "µs", "ms"} {
				if got := v.text(t, "operations"); !strings.Contains(got, want) {
					t.Errorf("no %s among the operations: %s", want, got)
				}
			}
			v.has(t, `class="series queue" d="M`, `class="series exported" d="M`, `class="series dropped" d="M`, `class="capacity"`, `class="box"`, `class="trend" d="M`)
			if strings.Contains(v.document, "NaN") || strings.Contains(v.document, "Infinity") || strings.Contains(v.document, "secret") {
				t.Error("the page has NaN, Infinity or an error's text")
			}
		})
	}
}

func TestEmptyPageInBrowser(t *testing.T) {
	server := httptest.NewServer(metrics.Handler(nil))
	defer server.Close()
	v := browse(t, server.URL, 10*time.Second, "empty", "--window-size=1280,760")
	v.quiet(t)
	if got := v.text(t, "state"); got != "live" {
		t.Errorf("state %q", got)
	}
	for _, id := range []string{"no-drops", "no-operations", "no-exporters"} {
		if regexp.MustCompile(`id="` + id + `"[^>]*hidden`).MatchString(v.document) {
			t.Errorf("%s is hidden", id)
		}
	}
	if strings.Contains(v.document, "NaN") || strings.Contains(v.document, "Infinity") {
		t.Error("the page has NaN or Infinity")
	}
}

// Names are shown as text and nothing else, and there may be many.
func TestHostileNamesInBrowser(t *testing.T) {
	e := newSimulation()
	hostile := []string{
		"", "__proto__", "constructor", "toString", "a\nb\x00\u202e\u2028", "invoice\u202egpj.exe", "c1\u009b31m\x1b[2J\x7f\ufeff\U000e0041\u2066",
		"long " + strings.Repeat("\u202e", 1<<20),
		`<img src=x onerror="document.title='owned'">`, "</script><script>document.title='owned'</script>",
		`"><svg onload=document.title='owned'>`, "{{constructor.constructor('return 1')()}}",
	}
	for _, n := range hostile {
		e.times[n] = metrics.OperationStats{Count: 1, Max: time.Second}
	}
	for i := range 400 {
		e.times[fmt.Sprintf("operation %d", i)] = metrics.OperationStats{Count: 1, Min: time.Duration(i), Mean: time.Second, Max: time.Hour}
	}
	for i, n := range hostile {
		e.stats.Exporters = append(e.stats.Exporters, processor.ExporterStats{Type: n, Exports: uint64(i)})
		e.drop(processor.Reason(n), log.SeverityInfo, i+1)
	}
	exporters := e.stats.Exporters
	server := httptest.NewServer(metrics.Handler(func() metrics.Statistics {
		s := e.next()
		s.AsyncLogging.Exporters = append(s.AsyncLogging.Exporters, exporters...)
		return s
	}))
	defer server.Close()
	v := browse(t, server.URL, 5*time.Second, "hostile", "--window-size=1280,1500")
	v.quiet(t)
	for _, r := range v.document {
		if r != '\n' && foreigntext.Escaped(r) {
			t.Fatalf("%U of a name is on the page", r)
		}
	}
	for _, id := range []string{"operations", "exporters", "drops"} {
		if got := v.text(t, id); !strings.Contains(got, `invoice\u{202e}gpj.exe`) || !strings.Contains(got, "… (1,048,581 characters)") {
			t.Errorf("%s has %.2000s", id, got)
		}
	}
	v.has(t, "<title>asynclog</title>", "&lt;img src=x", "&lt;/script&gt;&lt;script&gt;", "__proto__", "(no name)",
		fmt.Sprintf("100 of %d operations", len(maps.Clone(e.times))))
	if strings.Contains(v.document, "<img") || strings.Contains(v.document, "<svg onload") || strings.Count(v.document, "<script") != 1 {
		t.Error("a name became an element")
	}
}

// The page says that its server does not answer, and notices that counters start
// again from zero.
func TestFailingServerInBrowser(t *testing.T) {
	var asked atomic.Int64
	handler := metrics.Handler(newSimulation().next)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("format") == "json" && asked.Add(1)%20 > 10 {
			http.Error(w, "no", http.StatusServiceUnavailable)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	v := browse(t, server.URL, 15*time.Second, "")
	if got := v.text(t, "state"); !strings.HasPrefix(got, "no answer since ") {
		t.Errorf("state %q", got)
	}
	if !strings.Contains(v.console, "status 503") {
		t.Errorf("console: %s", v.console)
	}
}

// The page requests its own address, behind any prefix and with any query.
func TestMountedPageInBrowser(t *testing.T) {
	var asked atomic.Int64
	handler := http.StripPrefix("/proxy/here", metrics.Handler(sample))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/proxy/here/stats" || r.URL.Query().Get("token") != "a b" {
			http.NotFound(w, r)
			return
		}
		if r.URL.Query().Get("format") == "json" {
			asked.Add(1)
		}
		handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	v := browse(t, server.URL+"/proxy/here/stats?token=a%20b#part", 3*time.Second, "")
	v.quiet(t)
	if got := v.text(t, "state"); got != "live" || asked.Load() == 0 {
		t.Errorf("state %q, asked %d times", got, asked.Load())
	}
}

// TestRebindingInBrowser: the name of somebody else that leads to this machine shows
// nothing, a name that was given to the handler does.
func TestRebindingInBrowser(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(metrics.Handler(func() metrics.Statistics {
		asked.Add(1)
		return sample()
	}, "ops.example.com"))
	defer server.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	const rules = "--host-resolver-rules=MAP * 127.0.0.1"
	for _, query := range []string{"/?format=html", "/?format=json"} {
		v := browse(t, "http://evil.example:"+port+query, time.Second, "", rules)
		v.has(t, "is not allowed here", "evil.example")
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the statistics were read %d times", n)
	}
	v := browse(t, "http://ops.example.com:"+port+"/", 3*time.Second, "", rules)
	v.quiet(t)
	if got := v.text(t, "state"); got != "live" {
		t.Errorf("state %q", got)
	}
}
