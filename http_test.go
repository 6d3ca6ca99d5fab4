package asynclog_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
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
		http.StripPrefix(prefix, p.Handler()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", settings, nil))
		if !strings.Contains(w.Body.String(), `"level"`) {
			t.Errorf("behind %s: %s", prefix, w.Body)
		}
	}
}
