// Package guard keeps HTTP handlers that are for operators from web pages and from
// clients that do not read or write.
//
// A server that listens on a loopback address is not out of reach of web pages. The
// owner of evil.example can let that name lead to 127.0.0.1 while a visitor has the page
// open (DNS rebinding). For the browser, the page and the server are then of the same
// origin, so the page may read and change everything, and the Origin header proves
// nothing. What gives the attack away is the name in the Host header. A browser that is
// told to open localhost or an IP address asks nobody's name server.
package guard

import (
	"net/http"
	"time"
)

// Timeout is how long a client may take to send a request's body and to read the answer,
// if the server allows no less.
const Timeout = 10 * time.Second

// Guard admits requests to a handler.
type Guard struct {
	hosts hosts
	call  string
}

// New returns a Guard that admits requests for localhost, its subdomains, IP addresses
// and the given names, and an error for each of these that is not a host name. In a name,
// a port, a scheme and a path make no difference. call is the call of Go that allows a
// name, with %s where the name stands. Refusals quote it.
func New(call string, names []string) (*Guard, []error) {
	h, errs := newHosts(names)
	return &Guard{hosts: h, call: call}, errs
}

// Admit reports whether a request may be answered. If not, it has been answered with
// status 403. It sets headers that are right for every answer, and limits how long the
// client may take.
func (g *Guard) Admit(w http.ResponseWriter, r *http.Request) bool {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	limitTime(w, r)
	return answer(w, g.hosts.check(r, g.call))
}

// AdmitChange reports whether an admitted request may change something. If not, it has
// been answered with status 403.
func (g *Guard) AdmitChange(w http.ResponseWriter, r *http.Request) bool {
	return answer(w, g.hosts.checkOrigin(r))
}

func answer(w http.ResponseWriter, refusal error) bool {
	if refusal == nil {
		return true
	}
	http.Error(w, refusal.Error(), http.StatusForbidden)
	return false
}

// limitTime keeps a client that does not read or write from holding a connection, its
// goroutine, and the answer for ever: many servers have no timeouts. net/http ends
// these limits with the answer.
func limitTime(w http.ResponseWriter, r *http.Request) {
	read, write := Timeout, Timeout
	if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok {
		if d := server.ReadTimeout; d > 0 {
			read = min(read, d)
		}
		if d := server.WriteTimeout; d > 0 {
			write = min(write, d)
		}
	}
	// An error means that w, or what wraps it, has no deadlines.
	c, now := http.NewResponseController(w), time.Now()
	_ = c.SetReadDeadline(now.Add(read))
	_ = c.SetWriteDeadline(now.Add(write))
}
