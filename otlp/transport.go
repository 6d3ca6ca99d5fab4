package otlp

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// httpClient returns the client for the requests: the user's, or one with a transport
// of its own.
func (c *config) httpClient() *http.Client {
	if c.client != nil {
		return c.client
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		Proxy:               c.proxy,
		DialContext:         dialer.DialContext,
		TLSClientConfig:     c.tls.Clone(),
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConns:        100,
		// As many as there may be exports at a time: the default of 2 would have all
		// the others connect anew each time.
		MaxIdleConnsPerHost: 100,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true, // of answers, which are small
		WriteBufferSize:     64 << 10,
		Protocols:           new(http.Protocols),
	}
	switch {
	case c.protocol.value != GRPC:
		t.Protocols.SetHTTP1(true)
		t.Protocols.SetHTTP2(true)
	case c.insecure.value:
		t.Protocols.SetUnencryptedHTTP2(true)
		// The transport would send the requests to a proxy as HTTP/1 proxies expect
		// them, which is not HTTP/2.
		t.Proxy = nil
		t.DialContext = (&tunnelDialer{dialer: dialer, proxy: c.proxy}).dial
	default:
		t.Protocols.SetHTTP2(true)
	}
	return &http.Client{Transport: t, CheckRedirect: checkRedirect}
}

// checkRedirect follows only what sends the same request again, to the same host, and
// not without TLS if it was with: the headers may hold secrets, and a POST that has
// become a GET sends no records.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case req.Method != first.Method,
		req.URL.Hostname() != first.URL.Hostname(),
		req.URL.Scheme != first.URL.Scheme && first.URL.Scheme == "https",
		len(via) >= 5:
		return http.ErrUseLastResponse
	default:
		return nil
	}
}

// tunnelDialer connects through an HTTP proxy by CONNECT, where the proxy function
// names one.
type tunnelDialer struct {
	dialer *net.Dialer
	proxy  func(*http.Request) (*url.URL, error)
}

func (d *tunnelDialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	target := &http.Request{Method: http.MethodPost, Header: http.Header{}, URL: &url.URL{Scheme: "https", Host: addr}}
	proxy, err := d.proxy(target)
	if err != nil {
		return nil, &net.OpError{Op: "proxyconnect", Net: network, Err: err}
	}
	if proxy == nil {
		return d.dialer.DialContext(ctx, network, addr)
	}
	conn, err := d.tunnel(ctx, network, addr, proxy)
	if err != nil {
		return nil, &net.OpError{Op: "proxyconnect", Net: network, Err: err}
	}
	return conn, nil
}

// tunnel connects to the proxy and has it connect to addr.
func (d *tunnelDialer) tunnel(ctx context.Context, network, addr string, proxy *url.URL) (net.Conn, error) {
	port := "80"
	switch proxy.Scheme {
	case "http":
	case "https":
		port = "443"
	default:
		return nil, fmt.Errorf("proxy %s: the scheme is not supported over gRPC without TLS: want http or https",
			proxy.Redacted())
	}
	host := proxy.Host
	if proxy.Port() == "" {
		host = net.JoinHostPort(proxy.Hostname(), port)
	}
	conn, err := d.dialer.DialContext(ctx, network, host)
	if err != nil {
		return nil, err
	}
	// A context that ends makes all reads and writes end.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if proxy.Scheme == "https" {
		secure := tls.Client(conn, &tls.Config{ServerName: proxy.Hostname(), MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		conn = secure
	}
	conn, err = connect(conn, addr, proxy)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	if !stop() {
		_ = conn.Close()
		return nil, ctx.Err()
	}
	return conn, nil
}

// connect sends CONNECT and reads the answer. It closes the connection on an error.
func connect(conn net.Conn, addr string, proxy *url.URL) (net.Conn, error) {
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{}}
	if u := proxy.User; u != nil {
		password, _ := u.Password()
		credentials := base64.StdEncoding.EncodeToString([]byte(u.Username() + ":" + password))
		req.Header.Set("Proxy-Authorization", "Basic "+credentials)
	}
	err := req.Write(conn)
	var resp *http.Response
	// A server of HTTP/2 may speak first, so what is read beyond the answer counts.
	r := bufio.NewReader(conn)
	if err == nil {
		resp, err = http.ReadResponse(r, req) //nolint:bodyclose // the body is the tunnel
	}
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New("the proxy answers " + resp.Status)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	if r.Buffered() > 0 {
		return &bufferedConn{conn, r}, nil
	}
	return conn, nil
}

// bufferedConn is a connection of which something was read already.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.r.Read(p) }
