package main

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/krunchwrapper/asynclog"
)

// health says how a process is.
type health struct {
	draining atomic.Bool
}

// handler serves, to operators:
//
//	/healthz          200 while the process runs
//	/readyz           200 while it takes requests, 503 when it has been told to end
//	/debug/asynclog/  the log pipeline: statistics, a live page, settings
//
// A service whose logs cannot be exported still serves, which is what the queue and
// the ledger are for. So that is said, and does not make it unready.
func (h *health) handler(p *asynclog.Pipeline) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "alive\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		text := "ready"
		if h.draining.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			text = "draining"
		}
		logging := "logs are exported"
		if err := p.Healthy(); err != nil {
			logging = err.Error()
		}
		_, _ = fmt.Fprintf(w, "%s\n%s\n", text, logging)
	})
	mux.Handle("/debug/asynclog/", p.Handler())
	return mux
}
