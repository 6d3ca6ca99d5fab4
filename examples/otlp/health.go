package main

import (
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
//	/telemetry        200 while logs get out, otherwise 503 and the reason; for an alert
//	/debug/asynclog/  the log pipeline: statistics, a live page, settings
//
// A service whose logs cannot be exported still serves: the queue and the ledger exist
// for that. If /readyz depended on it, a Collector that is down would take every
// instance out of service.
//
// The page and the settings are for localhost, IP addresses and the given names.
func (h *health) handler(p *asynclog.Pipeline, names ...string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "alive\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if h.draining.Load() {
			http.Error(w, "draining", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ready\n")
	})
	mux.HandleFunc("GET /telemetry", func(w http.ResponseWriter, _ *http.Request) {
		if err := p.Healthy(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "logs get out\n")
	})
	mux.Handle("/debug/asynclog/", p.Handler(names...))
	return mux
}
