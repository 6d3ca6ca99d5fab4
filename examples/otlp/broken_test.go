package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/examples/internal/prompt"
)

// brokenWorker is a worker whose answers are wrong, each in a way that depends on the
// text.
func brokenWorker(*asynclog.Pipeline) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		switch string(text) {
		case "nonsense":
			_, _ = io.WriteString(w, "<html>")
		case "other":
			var b bytes.Buffer
			_ = new(prompt.Compressor).Compress(&b, []byte("another text"))
			writeJSON(w, http.StatusOK, compressed{Gzip: b.Bytes()})
		default:
			http.Error(w, "no", http.StatusServiceUnavailable)
		}
	})
}

// get sends a GET request to a handler and returns the response. A target without a host
// is for localhost.
func get(h http.Handler, target string) (status int, body string) {
	w := httptest.NewRecorder()
	if strings.HasPrefix(target, "/") {
		target = "http://localhost" + target
	}
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, http.NoBody))
	return w.Code, w.Body.String()
}
