package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/metrics"
)

// drainTimeout limits how long running requests may take after the signal to shut down.
const drainTimeout = 15 * time.Second

// addresses are the addresses that a process listens on.
type addresses struct {
	service string
	admin   string
}

// addressFlags defines the flags of the addresses.
func addressFlags(fs *flag.FlagSet, service, admin string) *addresses {
	var a addresses
	fs.StringVar(&a.service, "listen", service, "the `address` to listen on")
	fs.StringVar(&a.admin, "admin", admin,
		"the `address` of health and statistics, for operators; anyone who can reach it can turn logging off")
	return &a
}

// role is the service that a process provides.
type role struct {
	name    string
	route   string // a pattern of http.ServeMux
	handler func(*asynclog.Pipeline) http.Handler
}

// serve serves until SIGTERM or SIGINT. Then it stops accepting requests, completes the
// running ones, and exports the queued records.
func serve(ctx context.Context, c console, a addresses, r role) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", a.service)
	if err != nil {
		return err
	}
	admin, err := lc.Listen(ctx, "tcp", a.admin)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	t, err := newTelemetry(ctx, r.name, instanceOf(listener.Addr()))
	if err != nil {
		return errors.Join(err, listener.Close(), admin.Close())
	}

	var p *asynclog.Pipeline
	err = asynclog.Run(ctx, func(ctx context.Context) error {
		p = asynclog.FromContext(ctx)
		c.printf("otlp %s: listening on %s, health and statistics on http://%s/debug/asynclog/\n",
			r.name, listener.Addr(), admin.Addr())
		return serveUntil(ctx, listener, admin, r, p)
	}, t.options()...)
	if p == nil { // the pipeline has not started, so the exporter is still ours
		err = errors.Join(err, t.logs.Shutdown(ctx), listener.Close(), admin.Close())
	}
	err = errors.Join(err, t.shutdown())
	if p != nil {
		err = errors.Join(err, c.ledger(r.name, p.Statistics()))
	}
	return err
}

// ledger prints the ledger as one line of JSON.
func (c console) ledger(name string, s metrics.Statistics) error {
	return json.NewEncoder(c.err).Encode(struct {
		Service    string             `json:"service"`
		Statistics metrics.Statistics `json:"statistics"`
	}{name, s})
}

// serveUntil serves until the context ends and all requests have been answered. It closes
// the listeners.
func serveUntil(ctx context.Context, listener, admin net.Listener, r role, p *asynclog.Pipeline) error {
	var h health
	mux := http.NewServeMux()
	mux.Handle(r.route, instrument(r.handler(p)))
	server := newServer(mux)
	adminServer := newServer(h.handler(p, r.name)) // its name in docker-compose.yml

	slog.InfoContext(ctx, "listening", "address", listener.Addr().String())
	ended := make(chan error, 2)
	go func() { ended <- server.Serve(listener) }()
	go func() { ended <- adminServer.Serve(admin) }()

	var err error
	select {
	case <-ctx.Done():
		slog.InfoContext(ctx, "draining", "cause", context.Cause(ctx).Error())
	case err = <-ended:
		slog.ErrorContext(ctx, "cannot serve", "err", err)
	}
	h.draining.Store(true)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err = errors.Join(err, server.Shutdown(drain), adminServer.Shutdown(drain))
	slog.InfoContext(ctx, "stopped")
	return err
}

// instrument gives each request a span and a correlation ID. The span comes first: it is
// stamped with the ID, and a new ID is the trace's.
func instrument(h http.Handler) http.Handler {
	return otelhttp.NewHandler(bridge.Middleware(h), "")
}

// newServer returns a server with timeouts.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
	}
}
