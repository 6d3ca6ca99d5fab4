package metrics

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog/internal/guard"
)

const (
	// maxHeldBytes bounds the documents that are being sent to clients which read
	// slowly. One document is always sent, whatever its size.
	maxHeldBytes = 64 << 20

	// maxReadBytes is how much of a query, and of the Accept headers, is read.
	maxReadBytes = 4 << 10
)

// Handler serves the statistics that source returns: as JSON, documented at
// [Statistics], or to a browser as a page that shows them live.
//
// The page answers a request whose Accept header prefers text/html. The query
// ?format=json or ?format=html overrides the header. The page is one document
// without external assets. It requests the JSON every second, or less often if the
// answer takes long, and keeps the history of the last five minutes itself. It may be
// mounted under any path, also behind a proxy that strips a prefix.
//
// It can be requested as localhost, as a subdomain of localhost, by IP address, and
// under the given names, with any port. For any other name in the Host header the answer
// is status 403. Otherwise the owner of any name could let it lead to this server, and a
// web page of that name could read all in the browser of somebody who can reach the
// server (DNS rebinding). So give the names by which operators reach it, such as that of
// a service in Kubernetes:
//
//	metrics.Handler(source, "ops.example.com", "prompts")
//
// What is not a host name is reported to otel.Handle and otherwise ignored.
//
// The handler only reads. It answers methods other than GET and HEAD with 405.
// It does not authenticate: it shows the names of operations and the types of
// exporters, but no record, no error text and no configuration. Responses are not
// stored (Cache-Control) and not sniffed (X-Content-Type-Options), and the page's
// Content-Security-Policy allows nothing but its own script and style.
//
// source is called once for each request for JSON, by one request at a time. A nil
// source stands for zero Statistics. In a pipeline it is
//
//	func() metrics.Statistics {
//		return metrics.Statistics{AsyncLogging: p.Stats(), PerformanceMonitoring: m.Stats()}
//	}
//
// A client that does not read the answer loses its connection after ten seconds. Answers
// on their way take at most 64 MiB together; a request beyond that, or one that has
// waited for others for ten seconds, gets status 503.
func Handler(source func() Statistics, hosts ...string) http.Handler {
	g, errs := guard.New("metrics.Handler(source, %s) or, in a pipeline, p.Handler(%[2]s)", hosts)
	if err := errors.Join(errs...); err != nil {
		otel.Handle(err)
	}
	return &handler{guard: g, source: source, building: make(chan struct{}, 1)}
}

type handler struct {
	guard    *guard.Guard
	source   func() Statistics
	building chan struct{} // has an element while a document is made

	mu   sync.Mutex
	held int // bytes of the documents that are being sent
	last int // bytes of the last document
}

func (s *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.guard.Admit(w, r) {
		return
	}
	h := w.Header()
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
	document, ok := s.document(r)
	if !ok {
		h.Set("Retry-After", "1")
		http.Error(w, "asynclog: too many requests at once", http.StatusServiceUnavailable)
		return
	}
	defer s.release(document)
	write(w, "application/json", document)
}

// document returns the statistics as JSON, to be released, or false if the request
// cannot be answered now. Only one document is made at a time: with many operations
// that takes more memory than the document.
func (s *handler) document(r *http.Request) ([]byte, bool) {
	wait := time.NewTimer(guard.Timeout)
	defer wait.Stop()
	select {
	case s.building <- struct{}{}:
		defer func() { <-s.building }()
	case <-wait.C:
		return nil, false
	case <-r.Context().Done():
		return nil, false
	}
	if !s.room() {
		return nil, false
	}
	var statistics Statistics
	if s.source != nil {
		statistics = s.source()
	}
	document, _ := statistics.MarshalJSON() // it returns no error
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = len(document)
	if s.held > 0 && s.held+len(document) > maxHeldBytes {
		return nil, false
	}
	s.held += len(document)
	return document, true
}

// room reports whether there is room for a document as large as the last one.
func (s *handler) room() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held == 0 || s.held+s.last <= maxHeldBytes
}

func (s *handler) release(document []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held -= len(document)
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
	switch format(r.URL.RawQuery) {
	case "json":
		return false
	case "html":
		return true
	}
	html, json, left := 0.0, 0.0, maxReadBytes
	for _, header := range r.Header.Values("Accept") {
		header = header[:min(len(header), left)]
		left -= len(header)
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

// format returns the first value of the parameter format, "" if there is none. A map of
// all parameters would take fifty times the memory of a long query.
func format(query string) string {
	for parameter := range strings.SplitSeq(query[:min(len(query), maxReadBytes)], "&") {
		if value, ok := strings.CutPrefix(parameter, "format="); ok {
			return value
		}
	}
	return ""
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
