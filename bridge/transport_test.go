package bridge_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/krunchwrapper/asynclog/bridge"
)

// spy is a transport that remembers the request it was given.
type spy struct {
	got    *http.Request
	closed bool
}

var errSpy = errors.New("not sent")

func (s *spy) RoundTrip(r *http.Request) (*http.Response, error) {
	s.got = r
	return nil, errSpy
}

func (s *spy) CloseIdleConnections() { s.closed = true }

// sent returns the headers that the base transport is given.
func sent(tb testing.TB, r *http.Request, opts ...bridge.Option) http.Header {
	tb.Helper()
	var s spy
	before := r.Header.Clone()
	resp, err := bridge.NewTransport(&s, opts...).RoundTrip(r) //nolint:bodyclose // there is no response
	if resp != nil || !errors.Is(err, errSpy) {
		tb.Errorf("%v, %v, want what the base transport returned", resp, err)
	}
	if fmt.Sprint(r.Header) != fmt.Sprint(before) {
		tb.Errorf("the request has been changed: %v", r.Header)
	}
	return s.got.Header
}

func TestTransportHeader(t *testing.T) {
	for name, c := range map[string]struct {
		id      string
		headers []string
		opts    []bridge.Option
		want    http.Header
	}{
		"none":          {"", nil, nil, http.Header{}},
		"sent":          {"req-1", nil, nil, http.Header{"X-Correlation-Id": {"req-1"}}},
		"other header":  {"req-1", nil, []bridge.Option{bridge.WithHeaders("x-my-id")}, http.Header{"X-My-Id": {"req-1"}}},
		"caller's":      {"req-1", []string{"X-Correlation-ID", "mine"}, nil, http.Header{"X-Correlation-Id": {"mine"}}},
		"caller's none": {"req-1", []string{"X-Correlation-ID", ""}, nil, http.Header{"X-Correlation-Id": {""}}},
		"another one":   {"req-1", []string{"X-Request-ID", "mine"}, nil, http.Header{"X-Correlation-Id": {"req-1"}, "X-Request-Id": {"mine"}}},
		"injection":     {"a\r\nCookie: b", nil, nil, http.Header{}},
		"too long":      {strings.Repeat("a", 129), nil, nil, http.Header{}},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(c.headers...)
			r = r.WithContext(bridge.ContextWithCorrelationID(r.Context(), c.id))
			if got := sent(t, r, c.opts...); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("sent %v, want %v", got, c.want)
			}
		})
	}
}

// plainTransport has no method except RoundTrip.
type plainTransport struct{ http.RoundTripper }

func TestTransportPassesRequestsOn(t *testing.T) {
	var s spy
	tr := bridge.NewTransport(&s)
	r := request()
	if _, err := tr.RoundTrip(r); !errors.Is(err, errSpy) || s.got != r { //nolint:bodyclose // there is no response
		t.Errorf("a request without an ID is not passed on as it is: %v", err)
	}
	r = r.WithContext(bridge.ContextWithCorrelationID(r.Context(), "req-1"))
	r.Header = nil
	if _, err := tr.RoundTrip(r); !errors.Is(err, errSpy) || s.got.Header.Get("X-Correlation-ID") != "req-1" { //nolint:bodyclose // as above
		t.Errorf("without a header map: %v, %v", err, s.got.Header)
	}
	client := http.Client{Transport: tr}
	client.CloseIdleConnections()
	if !s.closed {
		t.Error("CloseIdleConnections does not reach the base transport")
	}
	client.Transport = bridge.NewTransport(plainTransport{})
	client.CloseIdleConnections() // this base transport does not have the method
}

func TestTransportConcurrentSafe(t *testing.T) {
	server := httptest.NewServer(bridge.Middleware(http.NotFoundHandler()))
	defer server.Close()
	client := http.Client{Transport: bridge.NewTransport(nil, bridge.WithBaggage())}
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				id := fmt.Sprint(g, "-", i)
				r, err := http.NewRequestWithContext(
					bridge.ContextWithCorrelationID(t.Context(), id), http.MethodGet, server.URL, http.NoBody)
				if err != nil {
					t.Error(err)
					return
				}
				resp, err := client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
				if got := resp.Header.Get("X-Correlation-ID"); got != id {
					t.Errorf("ID %q, want %q", got, id)
				}
			}
		})
	}
	wg.Wait()
}
