package main

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/krunchwrapper/asynclog"
)

// health serves the health checks of a process.
type health struct {
	draining atomic.Bool
}

// handler returns the handler for operators:
//
//	/healthz          200 while the process runs
//	/readyz           200 while it accepts requests, 503 while it shuts down
//	/debug/asynclog/  the log pipeline: statistics, a live page, settings
//
// A service whose logs cannot be exported still serves: the queue and the ledger exist
// for that. So /readyz reports failed exports in its text, but remains 200.
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
