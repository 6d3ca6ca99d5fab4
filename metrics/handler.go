package metrics

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Handler serves the statistics that source returns: as JSON, documented at
// [Statistics], or to a browser as a page that shows them live.
//
// The page answers a request whose Accept header prefers text/html. The query
// ?format=json or ?format=html overrides the header. The page is one document
// without external assets. It requests the JSON every second and keeps the history
// of the last five minutes itself. It may be mounted under any path, also behind a
// proxy that strips a prefix.
//
// The handler only reads. It answers methods other than GET and HEAD with 405.
// It does not authenticate: it shows the names of operations and the types of
// exporters, but no record, no error text and no configuration. Responses are not
// stored (Cache-Control) and not sniffed (X-Content-Type-Options), and the page's
// Content-Security-Policy allows nothing but its own script and style.
//
// source is called once for each request for JSON, concurrently if requests are
// concurrent. A nil source stands for zero Statistics. In a pipeline it is
//
//	func() metrics.Statistics {
//		return metrics.Statistics{AsyncLogging: p.Stats(), PerformanceMonitoring: m.Stats()}
//	}
func Handler(source func() Statistics) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		h.Set("Vary", "Accept")
		if wantsPage(r) {
			h.Set("Content-Security-Policy", pagePolicy)
			write(w, "text/html; charset=utf-8", page)
			return
		}
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		var s Statistics
		if source != nil {
			s = source()
		}
		body, err := json.Marshal(s)
		if err != nil {
			http.Error(w, fmt.Sprintf("asynclog: %v", err), http.StatusInternalServerError)
			return
		}
		write(w, "application/json", body)
	})
}

// write sends a complete body. An error leaves nothing to be done: the client is
// gone.
func write(w http.ResponseWriter, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // net/http sends no body in answer to HEAD
}

// wantsPage reports whether the request is for the page. Clients that do not name
// text/html in their Accept header, such as curl, get JSON.
func wantsPage(r *http.Request) bool {
	switch r.URL.Query().Get("format") {
	case "json":
		return false
	case "html":
		return true
	}
	html, json := 0.0, 0.0
	for _, header := range r.Header.Values("Accept") {
		for item := range strings.SplitSeq(header, ",") {
			name, params, _ := strings.Cut(item, ";")
			switch q := quality(params); strings.ToLower(strings.TrimSpace(name)) {
			case "text/html":
				html = max(html, q)
			case "application/json":
				json = max(json, q)
			}
		}
	}
	return html > 0 && html >= json
}

// quality returns the weight in the parameters of an item of an Accept header
// (RFC 9110, 12.4.2): 1 if there is none, and 0 if it is invalid.
func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || !(q >= 0 && q <= 1) {
			return 0
		}
		return q
	}
	return 1
}
