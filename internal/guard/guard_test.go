package guard_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunchwrapper/asynclog/internal/guard"
)

func newGuard(t *testing.T, names ...string) *guard.Guard {
	t.Helper()
	g, errs := guard.New("Handler(%s)", names)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return g
}

// admit returns the status with which a request is answered, 200 if it is admitted.
func admit(g *guard.Guard, host string, change bool, header ...string) (int, string) {
	r := httptest.NewRequest(http.MethodPut, "/", nil)
	r.Host = host
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	if g.Admit(w, r) && change {
		g.AdmitChange(w, r)
	}
	return w.Code, w.Body.String()
}

func TestHosts(t *testing.T) {
	g := newGuard(t, "prompts:8080", "Ops.Example.com.", "https://under.example:443/path", "a_b")
	for _, host := range []string{
		"localhost", "localhost:6060", "LOCALHOST", "localhost.", "localhost.:80", "localhost:", "a.localhost", "a.b.LocalHost.:1",
		"127.0.0.1", "127.0.0.1:6060", "127.0.0.1.", "127.255.255.254", "0.0.0.0", "10.1.2.3:80", "192.0.2.1", "255.255.255.255",
		"[::1]", "[::1]:6060", "[::1]:", "::1", "[2001:DB8::1]", "[fe80::1%eth0]:80", "[fe80::1%25eth0]", "[::ffff:127.0.0.1]:80",
		"prompts", "prompts:8080", "prompts:9", "PROMPTS.", "ops.example.com", "OPS.example.COM.:6060", "under.example", "a_b",
	} {
		if status, answer := admit(g, host, false); status != http.StatusOK {
			t.Errorf("%q: %d %s", host, status, answer)
		}
	}
	for _, host := range []string{
		"", "evil.example", "evil.example:6060", "evil.example.", "sub.prompts", "prompts.evil.example", "example.com", "x.ops.example.com",
		"localhost.evil.example", "evillocalhost", "127.0.0.1.evil.example", "localhost..", ".localhost", "..localhost", ".", ":80", ":",
		"localhost@evil.example", "evil.example@localhost", "user:pw@localhost", "127.0.0.1@evil.example", "localhost/", "localhost/@evil.example",
		"localhost#.evil.example", "localhost?.evil.example", `localhost\.evil.example`, "localhost,evil.example", "localhost evil.example",
		"localhost:x", "localhost:-1", "localhost:80:80", "localhost:123456", "localhost:evil.example", " localhost", "localhost ", "local\thost", "localhost\x00",
		"127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.256", "127.0.0", "1.2.3.4.5", "127.0.0.01",
		"[::1", "::1]", "[::1]x", "[::1]:x", "[127.0.0.1]", "[localhost]", "[evil.example]", "[]", "[", "fe80::1%eth0", "::1.evil.example",
		"lo\u212aalhost", "localho\u017ft", "ｌocalhost", "localhost\u202e", "l\u00f6calhost", "xn--localhost", strings.Repeat("a", 1<<20), strings.Repeat("a.", 1<<19) + "localhost",
	} {
		status, answer := admit(g, host, false)
		if status != http.StatusForbidden {
			t.Errorf("%.50q: %d", host, status)
		}
		if !strings.Contains(answer, "allowed are localhost, IP addresses, and names that the program allows with Handler(\"") ||
			strings.Count(answer, "\n") != 1 || len(answer) > 600 || strings.Contains(answer, "\x00") {
			t.Errorf("%.50q is answered with %.600q", host, answer)
		}
	}
	if _, answer := admit(g, "evil.example:6060", false); !strings.Contains(answer, `the host "evil.example:6060" is not allowed`) || !strings.Contains(answer, `Handler("evil.example")`) {
		t.Errorf("the answer does not say how to allow the name: %s", answer)
	}
	// What a client says about other hosts makes no difference.
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", "X-Host", "Forwarded"} {
		if status, _ := admit(g, "evil.example", false, name, "localhost", "Forwarded", "host=localhost"); status != http.StatusForbidden {
			t.Errorf("%s allows any host", name)
		}
		if status, _ := admit(g, "localhost", false, name, "evil.example"); status != http.StatusOK {
			t.Errorf("%s forbids localhost", name)
		}
	}
}

func TestConfiguredNames(t *testing.T) {
	for _, name := range []string{"", "*", "*.example.com", ".example.com", "a b", "a:b:c", "b\u00fccher.example", "http://", "/", "user@example.com", "[::1", strings.Repeat("a", 1<<20)} {
		g, errs := guard.New("Handler(%s)", []string{name, "ops.example.com"})
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), "is not a host name; allowed: ") || len(errs[0].Error()) > 300 {
			t.Errorf("%.50q: %.300v", name, errs)
		}
		if status, _ := admit(g, "ops.example.com", false); status != http.StatusOK {
			t.Errorf("beside %.50q, a name is refused", name)
		}
		if status, _ := admit(g, "evil.example", false); status != http.StatusForbidden {
			t.Errorf("%.50q allows any name", name)
		}
	}
}

func TestOrigins(t *testing.T) {
	const site, origin = "Sec-Fetch-Site", "Origin"
	g := newGuard(t, "ops.example.com")
	for _, c := range []struct {
		host   string
		header []string
		want   int
	}{
		{"localhost:6060", nil, 200},
		{"localhost:6060", []string{origin, "http://localhost:6060"}, 200},
		{"LOCALHOST:6060", []string{origin, "http://localhost:6060"}, 200},
		{"localhost:6060", []string{site, "same-origin", origin, "http://localhost:6060"}, 200},
		{"localhost:6060", []string{site, "same-origin"}, 200},
		{"localhost:6060", []string{site, "none"}, 200},
		{"[::1]:6060", []string{origin, "http://[::1]:6060"}, 200},
		{"ops.example.com", []string{origin, "https://ops.example.com"}, 200}, // TLS ends in a proxy
		{"127.0.0.1:6060", []string{site, "same-origin", origin, "https://ops.example.com"}, 200},

		{"evil.example", []string{origin, "http://evil.example", site, "same-origin"}, 403}, // DNS rebinding
		{"evil.example", []string{origin, "http://evil.example"}, 403},
		{"evil.example", nil, 403},
		{"127.0.0.1", []string{origin, "http://evil.example", site, "cross-site"}, 403},
		{"127.0.0.1", []string{origin, "http://evil.example"}, 403},
		{"127.0.0.1", []string{origin, "http://evil.example", site, "same-origin"}, 403},
		{"127.0.0.1", []string{origin, "null"}, 403},
		{"127.0.0.1", []string{origin, ""}, 403},
		{"127.0.0.1", []string{origin, "file://"}, 403},
		{"127.0.0.1", []string{origin, "127.0.0.1"}, 403},
		{"127.0.0.1", []string{origin, "http://127.0.0.1@evil.example"}, 403},
		{"127.0.0.1", []string{origin, "http://127.0.0.1.evil.example"}, 403},
		{"127.0.0.1", []string{origin, "http://127.0.0.1", origin, "http://evil.example"}, 403},
		{"127.0.0.1:6060", []string{origin, "http://127.0.0.1:3000"}, 403}, // another program of this machine
		{"127.0.0.1:6060", []string{origin, "http://localhost:6060"}, 403},
		{"127.0.0.1:6060", []string{origin, "https://ops.example.com"}, 403}, // maybe another port of it
		{"localhost", []string{site, "cross-site"}, 403},
		{"localhost", []string{site, "same-site"}, 403},
		{"localhost", []string{site, ""}, 403},
		{"localhost", []string{site, "Same-Origin"}, 403},
		{"localhost", []string{site, "same-origin", site, "cross-site"}, 403},
		{"localhost", []string{origin, strings.Repeat("http://localhost", 1<<16)}, 403},
	} {
		if status, answer := admit(g, c.host, true, c.header...); status != c.want || status == 403 && strings.Count(answer, "\n") != 1 {
			t.Errorf("Host %s, %.200q: %d %s", c.host, c.header, status, answer)
		}
	}
}

// pipes is a listener without a network, whose connections have no buffers: a server
// that writes waits for its client.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestSlowClients: a client that stops reading or writing is cut off, by a server without
// any timeout as well, and one with shorter timeouts keeps them.
func TestSlowClients(t *testing.T) {
	g := newGuard(t)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.Admit(w, r) {
			return
		}
		if r.Method == http.MethodPut {
			if _, err := io.ReadAll(r.Body); err != nil {
				return
			}
		}
		_, _ = w.Write(make([]byte, 1<<20))
	})
	for _, c := range []struct {
		name, request string
		timeout       time.Duration // of the server
		want          time.Duration
	}{
		{"never reads", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 0, guard.Timeout},
		{"never reads a refusal", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 0, guard.Timeout},
		{"never writes a body", "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n", 0, guard.Timeout},
		{"never writes a body without use", "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n", 0, guard.Timeout},
		{"server has a timeout", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", time.Second, time.Second},
		{"server has a long timeout", "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n", time.Hour, guard.Timeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener := make(pipes)
				server := &http.Server{Handler: handler, ReadTimeout: c.timeout, WriteTimeout: c.timeout}
				closed := make(chan time.Time, 1)
				server.ConnState = func(_ net.Conn, s http.ConnState) {
					if s == http.StateClosed {
						closed <- time.Now()
					}
				}
				go func() { _ = server.Serve(listener) }()
				client, conn := net.Pipe()
				listener <- conn
				begun := time.Now()
				_, _ = io.WriteString(client, c.request)
				select {
				case at := <-closed:
					// A body without use is read and the answer written one after the other.
					if took := at.Sub(begun); took < c.want || took > c.want+time.Second {
						t.Errorf("held for %v, want %v", took, c.want)
					}
				case <-time.After(time.Hour):
					t.Error("held for an hour")
				}
				_, _ = client.Close(), server.Close()
			})
		})
	}
}

// The limits are those of one request. The next one on the same connection has its own,
// however long after.
func TestLimitsEndWithTheAnswer(t *testing.T) {
	g := newGuard(t)
	synctest.Test(t, func(t *testing.T) {
		listener := make(pipes)
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/other" {
				time.Sleep(5 * guard.Timeout)
				_, _ = io.WriteString(w, "late")
			} else if g.Admit(w, r) {
				_, _ = io.WriteString(w, "here")
			}
		})}
		go func() { _ = server.Serve(listener) }()
		client, conn := net.Pipe()
		listener <- conn
		answers := bufio.NewReader(client)
		for _, path := range []string{"/", "/other", "/", "/"} {
			_, _ = io.WriteString(client, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
			resp, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			text, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || len(text) != 4 {
				t.Errorf("%s: %q, %v", path, text, err)
			}
			time.Sleep(3 * guard.Timeout)
		}
		_, _ = client.Close(), server.Close()
	})
}

// What a real server makes of requests that a table cannot hold.
func TestHostOnTheWire(t *testing.T) {
	g := newGuard(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.Admit(w, r) {
			_, _ = io.WriteString(w, "secret")
		}
	}))
	defer server.Close()
	for request, want := range map[string]int{
		"GET / HTTP/1.1\r\nHost: localhost\r\n":                                   200,
		"GET / HTTP/1.0\r\nHost: localhost\r\n":                                   200,
		"GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\n":                200, // the target counts, for the browser as well
		"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n":                403,
		"GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\n": 403,
		"GET / HTTP/1.0\r\n":          403,
		"GET / HTTP/1.1\r\nHost:\r\n": 403,
		"GET / HTTP/1.1\r\n":          400,
		"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n": 400,
		"GET //localhost/ HTTP/1.1\r\nHost: evil.example\r\n":         403,
		"OPTIONS * HTTP/1.1\r\nHost: evil.example\r\n":                200, // answered by net/http itself
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
		_, _ = io.WriteString(conn, request+"Connection: close\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%q: %v", request, err)
		}
		text, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		_ = conn.Close()
		if resp.StatusCode != want || want != 200 && strings.Contains(string(text), "secret") {
			t.Errorf("%q: %d %s, want %d", request, resp.StatusCode, text, want)
		}
	}
}
