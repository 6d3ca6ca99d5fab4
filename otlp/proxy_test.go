package otlp_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/krunchwrapper/asynclog/otlp"
)

// proxy is an HTTP proxy that leads every request and every tunnel to one address,
// whatever host they name.
type proxy struct {
	url     *url.URL
	forward string

	mu    sync.Mutex
	hosts []string // that were named, with the method
	auth  string
}

func newProxy(t *testing.T, forward string) *proxy {
	t.Helper()
	p := &proxy{forward: forward}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.url = &url.URL{Scheme: "http", Host: listener.Addr().String()}
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() { _ = listener.Close() })
	return p
}

func (p *proxy) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	req, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.hosts = append(p.hosts, req.Method+" "+req.Host)
	p.auth = req.Header.Get("Proxy-Authorization")
	p.mu.Unlock()
	target, err := net.Dial("tcp", p.forward)
	if err != nil {
		return
	}
	defer target.Close()
	if req.Method == http.MethodConnect {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	} else {
		_ = req.Write(target)
	}
	go func() {
		_, _ = io.Copy(target, r)
		_ = target.Close()
	}()
	_, _ = io.Copy(conn, target)
}

func (p *proxy) seen() (hosts []string, auth string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hosts, p.auth
}

// TestProxy: over both protocols, with and without TLS.
func TestProxy(t *testing.T) {
	a, _ := newAuthority(t)
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, isGRPC bool) {
		for _, secure := range []bool{false, true} {
			setEnvironment(t, nil)
			scheme, change := "http", withTLS(t, a, false)
			var opts []otlp.Option
			if secure {
				scheme = "https"
				opts = append(opts, otlp.WithTLSClientConfig(&tls.Config{RootCAs: pool}))
			} else {
				change = nil
			}
			rec := newReceiver(t, nil, change)
			p := newProxy(t, rec.Listener.Addr().String())
			p.url.User = url.UserPassword("user", "pass")
			e := newExporter(t, append(opts, protocol, otlp.WithEndpointURL(scheme+"://collector.test:4321"),
				otlp.WithProxy(http.ProxyURL(p.url)), once())...)
			if err := e.Export(t.Context(), textRecords(t, "x")); err != nil {
				t.Fatalf("TLS %v: %v", secure, err)
			}
			hosts, auth := p.seen()
			want := "CONNECT collector.test:4321"
			if !isGRPC && !secure {
				want = "POST collector.test:4321"
			}
			if len(hosts) != 1 || hosts[0] != want || auth != "Basic dXNlcjpwYXNz" {
				t.Errorf("TLS %v: the proxy has seen %q with %q, want %q", secure, hosts, auth, want)
			}
		}
	})
}

// TestProxyRefuses: the error names the proxy's answer and no password.
func TestProxyRefuses(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) })}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	for _, proxyURL := range []string{"http://user:secret@" + listener.Addr().String(), "socks5://user:secret@127.0.0.1:1"} {
		u, err := url.Parse(proxyURL)
		if err != nil {
			t.Fatal(err)
		}
		e := newExporter(t, otlp.WithProtocol(otlp.GRPC), otlp.WithEndpoint("collector.test:1"), otlp.WithInsecure(),
			otlp.WithProxy(http.ProxyURL(u)), once())
		err = e.Export(t.Context(), textRecords(t, "x"))
		if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "proxyconnect") {
			t.Errorf("%s: %v", u.Redacted(), err)
		}
	}
}

// TestProxyChild exports once, for TestProxyVariables.
func TestProxyChild(t *testing.T) {
	if os.Getenv("OTLP_PROXY_CHILD") == "" {
		t.Skip("run by TestProxyVariables")
	}
	e, err := otlp.New(context.Background(), once())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Export(t.Context(), textRecords(t, "x")); err != nil {
		t.Fatal(err)
	}
}

// TestProxyVariables: HTTP_PROXY and HTTPS_PROXY lead to the proxy, NO_PROXY past it.
// It runs in processes of their own, since net/http reads these variables once.
func TestProxyVariables(t *testing.T) {
	for _, tc := range []struct {
		protocol, variable string
	}{{"http/protobuf", "HTTP_PROXY"}, {"grpc", "HTTPS_PROXY"}} {
		rec := newReceiver(t, nil, nil)
		p := newProxy(t, rec.Listener.Addr().String())
		for _, noProxy := range []string{"", "collector.invalid"} {
			child := exec.Command(os.Args[0], "-test.run=^TestProxyChild$")
			child.Env = append(os.Environ(), "OTLP_PROXY_CHILD=1", tc.variable+"="+p.url.String(), "NO_PROXY="+noProxy,
				"OTEL_EXPORTER_OTLP_PROTOCOL="+tc.protocol, "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector.invalid:4321")
			out, err := child.CombinedOutput()
			if passed := err == nil; passed != (noProxy == "") {
				t.Errorf("%s, NO_PROXY %q: %v\n%s", tc.protocol, noProxy, err, out)
			}
		}
		if n := len(rec.received()); n != 1 {
			t.Errorf("%s: %d requests through the proxy, want 1", tc.protocol, n)
		}
	}
}
