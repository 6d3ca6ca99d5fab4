package asynclog_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/krunchwrapper/asynclog"
)

const (
	asJSON = "application/json"
	asForm = "application/x-www-form-urlencoded"
)

// call sends a request to the pipeline's handler, mounted as in its documentation.
func call(t *testing.T, p *asynclog.Pipeline, method, path, contentType, body string, header ...string) (status int, answer string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/debug/asynclog/", p.Handler())
	r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost:6060"+path, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(text)
}

const settings = "/debug/asynclog/settings"

func TestSettings(t *testing.T) {
	p, _ := start(t, asynclog.WithoutInstall())
	for _, step := range []struct {
		method, contentType, body, want string
	}{
		{"GET", "", "", `{"level":"INFO","verbose":true}`},
		{"PUT", asJSON, `{"level":"debug"}`, `{"level":"DEBUG","verbose":true}`},
		{"POST", asJSON + "; charset=utf-8", `{"verbose":false}`, `{"level":"DEBUG","verbose":false}`},
		{"PUT", "", ` {"level":"WARN+1","verbose":true} `, `{"level":"WARN+1","verbose":true}`},
		{"PUT", asForm, "level=FATAL&verbose=false", `{"level":"FATAL","verbose":false}`},
		{"PUT", asForm, `{"level":"ERROR"}`, `{"level":"ERROR","verbose":false}`}, // the content type that curl sends with -d
		{"POST", asForm, "level=trace", `{"level":"TRACE","verbose":false}`},
		{"GET", asForm, "level=ERROR", `{"level":"TRACE","verbose":false}`},
		{"HEAD", "", "", `{"level":"TRACE","verbose":false}`},
	} {
		status, answer := call(t, p, step.method, settings, step.contentType, step.body)
		if status != http.StatusOK || answer != step.want+"\n" {
			t.Errorf("%s %s: %d %s, want %s", step.method, step.body, status, answer, step.want)
		}
	}
	if p.Level() != slog.LevelDebug-4 || p.Verbose() {
		t.Errorf("level %v, verbose %v", p.Level(), p.Verbose())
	}
}

func TestInvalidSettingsChangeNothing(t *testing.T) {
	p, _ := start(t, asynclog.WithoutInstall())
	for _, c := range []struct{ contentType, body, want string }{
		{asJSON, ``, "nothing to change"},
		{asJSON, `{}`, "nothing to change"},
		{asJSON, `null`, "nothing to change"},
		{asJSON, `{"level":"LOUD","verbose":false}`, "allowed: TRACE, DEBUG, INFO"},
		{asJSON, `{"verbose":false,"level":"INFO+1000"}`, "allowed: TRACE"},
		{asJSON, `{"level":4}`, `allowed is JSON such as {"level":"DEBUG","verbose":true}`},
		{asJSON, `{"verbose":"no"}`, `allowed is JSON such as`},
		{asJSON, `{"loudness":"DEBUG"}`, "loudness"},
		{asJSON, `{"level":"DEBUG"} {}`, "follows"},
		{asJSON, `level=DEBUG`, "allowed is JSON"},
		{asJSON, `{"level":"` + strings.Repeat("D", 5000) + `"}`, "too large"},
		{asForm, ``, "nothing to change"},
		{asForm, `verbose=false&level=`, "allowed: TRACE"},
		{asForm, `verbose=maybe`, "true or false"},
		{asForm, `verbose=false&loudness=DEBUG`, "there are level and verbose"},
		{asForm, `level=DEBUG&level=ERROR`, "2 times"},
		{asForm, `level=%zz`, "%zz"},
		{asForm, `level=` + strings.Repeat("D", 5000), "too large"},
	} {
		for _, method := range []string{"PUT", "POST"} {
			status, answer := call(t, p, method, settings, c.contentType, c.body)
			if status != http.StatusBadRequest || !strings.Contains(answer, c.want) {
				t.Errorf("%s %.50s: %d %s, want %q", method, c.body, status, answer, c.want)
			}
		}
	}
	if p.Level() != slog.LevelInfo || !p.Verbose() {
		t.Errorf("level %v, verbose %v", p.Level(), p.Verbose())
	}
}

// TestSettingsRefuseOtherSites: a web page of another site can make its visitor's browser
// send requests to localhost.
func TestSettingsRefuseOtherSites(t *testing.T) {
	p, _ := start(t, asynclog.WithoutInstall())
	for name, header := range map[string][]string{
		"fetch metadata": {"Sec-Fetch-Site", "cross-site"},
		"origin":         {"Origin", "https://elsewhere.example"},
	} {
		if status, _ := call(t, p, "POST", settings, asForm, "level=ERROR", header...); status != http.StatusForbidden {
			t.Errorf("%s: answered with %d", name, status)
		}
	}
	for _, query := range []string{"?level=ERROR", "?level=ERROR&_method=PUT"} {
		if status, _ := call(t, p, "GET", settings+query, "", ""); status != http.StatusOK {
			t.Errorf("GET answered with %d", status)
		}
	}
	if p.Level() != slog.LevelInfo {
		t.Errorf("level %v", p.Level())
	}
	if status, _ := call(t, p, "POST", settings, asForm, "level=ERROR", "Sec-Fetch-Site", "same-origin"); status != http.StatusOK || p.Level() != slog.LevelError {
		t.Errorf("same origin: %d, level %v", status, p.Level())
	}
	for _, method := range []string{"DELETE", "PATCH", "OPTIONS"} {
		if status, _ := call(t, p, method, settings, asForm, "level=INFO"); status != http.StatusMethodNotAllowed {
			t.Errorf("%s answered with %d", method, status)
		}
	}
}

// TestDNSRebinding: the owner of evil.example lets that name lead to 127.0.0.1, so the
// browser takes the owner's page and this server for one origin. The page may then neither
// read nor change anything.
func TestDNSRebinding(t *testing.T) {
	p, _ := start(t, asynclog.WithoutInstall())
	for mount, handler := range map[string]http.Handler{"Handler": p.Handler("ops.example.com"), "SettingsHandler": p.SettingsHandler("ops.example.com")} {
		server := httptest.NewServer(handler)
		defer server.Close()
		request := func(method, path, host string, header ...string) (int, string) {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader("level=FATAL&verbose=false"))
			if err != nil {
				t.Fatal(err)
			}
			if host != "" {
				r.Host = host
			}
			r.Header.Set("Content-Type", asForm)
			for i := 0; i < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return resp.StatusCode, string(text)
		}
		for _, header := range [][]string{
			{"Origin", "http://evil.example", "Sec-Fetch-Site", "same-origin"},
			{"Origin", "http://evil.example"},
			{"Sec-Fetch-Site", "same-origin", "Accept", "text/html"},
			{"X-Forwarded-Host", "localhost"},
			nil,
		} {
			for _, method := range []string{"GET", "HEAD", "PUT", "POST", "OPTIONS", "DELETE"} {
				for _, path := range []string{"/settings", "/", "/?format=json", "/?format=html"} {
					status, answer := request(method, path, "evil.example", header...)
					if status != http.StatusForbidden || strings.Contains(answer, "async_logging") || strings.Contains(answer, "level") {
						t.Errorf("%s: %s %s %q: %d %s", mount, method, path, header, status, answer)
					}
				}
			}
		}
		if _, answer := request("GET", "/settings", "evil.example"); !strings.Contains(answer, `the program allows with p.`+mount+`("evil.example")`) {
			t.Errorf("%s does not say how to allow the name: %s", mount, answer)
		}
		for _, header := range [][]string{
			{"Origin", "http://evil.example", "Sec-Fetch-Site", "cross-site"}, {"Origin", "http://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"},
		} {
			if status, _ := request("POST", "/settings", "", header...); status != http.StatusForbidden {
				t.Errorf("%s: %q to 127.0.0.1: %d", mount, header, status)
			}
		}
		if p.Level() != slog.LevelInfo || !p.Verbose() {
			t.Fatalf("%s: level %v, verbose %v", mount, p.Level(), p.Verbose())
		}
		for _, host := range []string{"", "localhost", "[::1]:6060", "OPS.example.com:443"} {
			if status, answer := request("GET", "/settings", host); status != http.StatusOK || !strings.Contains(answer, "INFO") {
				t.Errorf("%s: as %q: %d %s", mount, host, status, answer)
			}
		}
	}
}

// TestHandlerReportsNamesOnce: what is no host name allows nothing, and is not silent.
func TestHandlerReportsNamesOnce(t *testing.T) {
	p, _ := start(t, asynclog.WithoutInstall())
	reported := catchErrors(t)
	p.Handler("*.example.com", "ops.example.com")
	p.SettingsHandler("*")
	if text := reported.text(); strings.Count(text, "is not a host name") != 2 || !strings.Contains(text, `"*.example.com" is`) || !strings.Contains(text, `"*" is`) {
		t.Errorf("reported: %s", text)
	}
}

// TestHostileSettings: whatever a client sends, the answer is small, on one line and soon
// there, and nothing of it acts on a terminal.
func TestHostileSettings(t *testing.T) {
	p, _ := start(t, asynclog.WithoutInstall())
	long := strings.Repeat("x=\u202e&", 1<<20/8)
	for name, c := range map[string]struct{ query, contentType, body string }{
		"1 MiB query":         {"?" + long, asForm, "level=LOUD"},
		"1 MiB content type":  {"", strings.Repeat("a/b;c=d;", 1<<17), "level=LOUD"},
		"1 MiB continuations": {"", "a/b" + strings.Repeat(";c*0=d", 1<<17), "level=LOUD"},
		"1 MiB body":          {"", asForm, "level=" + strings.Repeat("\x1b", 1<<20)},
		"1 MiB JSON":          {"", asJSON, strings.Repeat("[", 1<<20)},
		"escapes in form":     {"", asForm, "level=%1b%5b2J%0a%e2%80%ae" + strings.Repeat("%0a", 1000)},
		"escapes in names":    {"", asForm, "%1b%5b2J%0a%e2%80%ae=1"},
		"invalid escapes":     {"", asForm, "level=\x1b[2J%zz\x1b\u202e"},
		"escapes in JSON":     {"", asJSON, `{"level":"\u001b[2J\u202e\n"}`},
		"bytes in JSON":       {"", asJSON, "{\"lev\x1b\u202eel\x9b\":1}"},
		"unknown member":      {"", asJSON, "{\"lev\u202eel\u009b\u2028<script>\":1}"},
		"nested":              {"", asJSON, `{"level":` + strings.Repeat("[", 4000)},
		"many fields":         {"", asForm, strings.Repeat("&level", 600)},
	} {
		begun := time.Now()
		status, answer := call(t, p, "PUT", settings+c.query, c.contentType, c.body)
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s: %v", name, took)
		}
		if status != http.StatusBadRequest || len(answer) > 2048 || strings.Count(answer, "\n") != 1 || strings.ContainsAny(answer, "\x00\x1b\r\u202e\u2028\u009b") || !utf8.ValidString(answer) {
			t.Errorf("%s: %d, %d bytes: %.300q", name, status, len(answer), answer)
		}
	}
	if p.Level() != slog.LevelInfo || !p.Verbose() {
		t.Errorf("level %v, verbose %v", p.Level(), p.Verbose())
	}
}

// TestSlowSettings: a client that sends no body changes nothing and is answered.
func TestSlowSettings(t *testing.T) {
	p, _ := start(t, asynclog.WithoutInstall())
	server := httptest.NewUnstartedServer(p.Handler())
	server.Config.ReadTimeout = 50 * time.Millisecond // less than the handler's own
	server.Start()
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	_, _ = io.WriteString(conn, "PUT /settings HTTP/1.1\r\nHost: localhost\r\nContent-Type: "+asForm+"\r\nContent-Length: 50\r\n\r\nlevel=ERR")
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") || p.Level() != slog.LevelInfo {
		t.Errorf("%s, %v, level %v", answer, err, p.Level())
	}
}

func TestHandlerServesStatistics(t *testing.T) {
	p, exporter := start(t, asynclog.WithoutInstall())
	emit(t.Context(), p.LoggerProvider(), 9, "record")
	flushed(t, p, exporter)
	status, answer := call(t, p, "GET", "/debug/asynclog/", "", "")
	if status != http.StatusOK || !strings.Contains(answer, `"exported":1`) {
		t.Errorf("%d %s", status, answer)
	}
	status, answer = call(t, p, "GET", "/debug/asynclog/", "", "", "Accept", "text/html")
	if status != http.StatusOK || !strings.Contains(answer, "<html") {
		t.Errorf("%d %.100s", status, answer)
	}
	if status, _ := call(t, p, "PUT", "/debug/asynclog/", asJSON, `{"level":"ERROR"}`); status != http.StatusMethodNotAllowed || p.Level() != slog.LevelInfo {
		t.Errorf("the statistics answer PUT with %d", status)
	}
	// With the prefix stripped, and at the root.
	for _, prefix := range []string{"/debug/asynclog", "/debug"} {
		w := httptest.NewRecorder()
		http.StripPrefix(prefix, p.Handler()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "http://localhost"+settings, nil))
		if !strings.Contains(w.Body.String(), `"level"`) {
			t.Errorf("behind %s: %s", prefix, w.Body)
		}
	}
}
