package metrics_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/krunchwrapper/asynclog/metrics"
)

type answer struct {
	status int
	header http.Header
	length int64 // the Content-Length header
	body   string
}

func read(t *testing.T, r *http.Response) answer {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return answer{r.StatusCode, r.Header, r.ContentLength, string(text)}
}

// ask sends a request to the handler.
func ask(t *testing.T, h http.Handler, method, target string, accept ...string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader("a body without a purpose"))
	r.Host = "localhost"
	for _, a := range accept {
		r.Header.Add("Accept", a)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return read(t, w.Result())
}

// askServer sends a request over the network.
func askServer(t *testing.T, method, url string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, response)
}

func TestHandlerContentType(t *testing.T) {
	const html, js = "text/html; charset=utf-8", "application/json"
	h := metrics.Handler(sample)
	for _, c := range []struct {
		query  string
		accept []string
		want   string
	}{
		{"", nil, js},
		{"", []string{""}, js},
		{"", []string{"*/*"}, js}, // curl
		{"", []string{"application/json"}, js},
		{"", []string{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"}, html}, // browsers
		{"", []string{"TEXT/HTML"}, html},
		{"", []string{"application/json", "text/html"}, html},
		{"", []string{"text/html;q=0.5, application/json"}, js},
		{"", []string{"text/html;q=0.5, application/json;q=0.4"}, html},
		{"", []string{"text/html;q=0"}, js},
		{"", []string{"text/html ; level=1 ; Q=0.3"}, html},
		{"", []string{"text/html;q=NaN"}, js},
		{"", []string{"text/html;q=x"}, js},
		{"", []string{"text/htmlx,,;;="}, js},
		{"?format=json", []string{"text/html"}, js},
		{"?format=html", nil, html},
		{"?format=xml", nil, js},
		{"?token=a%3Bb&format=json", []string{"text/html"}, js},
	} {
		r := ask(t, h, http.MethodGet, "/stats"+c.query, c.accept...)
		if got := r.header.Get("Content-Type"); r.status != http.StatusOK || got != c.want {
			t.Errorf("%q, Accept %q: %d %s, want %s", c.query, c.accept, r.status, got, c.want)
		}
	}
}

func TestHandlerJSON(t *testing.T) {
	want, err := json.Marshal(sample())
	if err != nil {
		t.Fatal(err)
	}
	r := ask(t, metrics.Handler(sample), http.MethodGet, "/")
	if got := r.body; got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for k, v := range map[string]string{
		"Cache-Control":                "no-store",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Vary":                         "Accept",
	} {
		if got := r.header.Get(k); got != v {
			t.Errorf("%s: %q, want %q", k, got, v)
		}
	}
	if strings.Contains(string(want), "secret") {
		t.Error("the text of an exporter's error is served")
	}
	// A nil source stands for zero Statistics.
	var zero metrics.Statistics
	if want, err = json.Marshal(zero); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, metrics.Handler(nil), http.MethodGet, "/").body; got != string(want) {
		t.Errorf("nil source: %s", got)
	}
}

func TestHandlerReadsOnly(t *testing.T) {
	called := false
	h := metrics.Handler(func() metrics.Statistics {
		called = true
		return metrics.Statistics{}
	})
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND"} {
		r := ask(t, h, method, "/", "text/html")
		if r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow %q", method, r.status, r.header.Get("Allow"))
		}
	}
	if called {
		t.Error("the source was called for a method that is not allowed")
	}
}

func TestHandlerHead(t *testing.T) {
	server := httptest.NewServer(metrics.Handler(sample))
	defer server.Close()
	for _, query := range []string{"?format=json", "?format=html"} {
		get := askServer(t, http.MethodGet, server.URL+query)
		head := askServer(t, http.MethodHead, server.URL+query)
		if n := len(get.body); head.length != int64(n) || get.length != int64(n) {
			t.Errorf("%s: Content-Length is %d of HEAD and %d of GET, whose body has %d bytes", query, head.length, get.length, n)
		}
		if head.body != "" {
			t.Errorf("the response to HEAD has a body of %d bytes", len(head.body))
		}
	}
}

// The page is the same for everyone: no name or figure is part of it, and it
// refers to nothing outside itself.
func TestHandlerPage(t *testing.T) {
	r := ask(t, metrics.Handler(func() metrics.Statistics {
		t.Error("the source was called for the page")
		return metrics.Statistics{}
	}), http.MethodGet, "/debug/asynclog", "text/html")
	text := r.body
	if !strings.HasPrefix(text, "<!doctype html>") || strings.Contains(text, "{{") {
		t.Errorf("%.100s", text)
	}
	// The name of a namespace is not an address.
	for _, outside := range []string{"http:", "https:", "//cdn", "src=", "@import", "url("} {
		if strings.Contains(strings.ReplaceAll(text, "http://www.w3.org/2000/svg", ""), outside) {
			t.Errorf("the page has %q", outside)
		}
	}
	for _, unsafe := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "style=", "onclick="} {
		if strings.Contains(text, unsafe) {
			t.Errorf("the page has %q", unsafe)
		}
	}
	policy := r.header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'sha256-", "style-src 'sha256-", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy lacks %q: %s", part, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
	if len(text) > 64<<10 {
		t.Errorf("the page has %d bytes", len(text))
	}
}
