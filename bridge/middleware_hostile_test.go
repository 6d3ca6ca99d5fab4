package bridge_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/bridge"
)

// hostileHeaders are headers of about 1 MiB, and ones that have a meaning elsewhere.
// allowed is what the middleware may allocate for a request with them.
var hostileHeaders = map[string]struct {
	header  http.Header
	allowed uint64
}{
	"1 MiB":               {http.Header{"X-Correlation-Id": {strings.Repeat("a", 1<<20)}}, 64 << 10},
	"1 MiB, both":         {http.Header{"X-Correlation-Id": {strings.Repeat("a", 1<<20)}, "X-Request-Id": {strings.Repeat("b", 1<<20)}}, 64 << 10},
	"10,000 IDs":          {http.Header{"X-Correlation-Id": repeated("a", 10_000)}, 64 << 10},
	"10,000 long IDs":     {http.Header{"X-Request-Id": repeated(strings.Repeat("a", 128), 10_000)}, 64 << 10},
	"10,000 other":        {withMany("X-Correlation-Id", "<invalid>"), 8 << 20},
	"1 MiB of baggage":    {http.Header{"Baggage": {"correlation.id=" + strings.Repeat("a", 1<<20)}}, 64 << 10},
	"10,000 baggages":     {http.Header{"Baggage": repeated("correlation.id=a", 10_000)}, 64 << 10},
	"1 MiB of members":    {http.Header{"Baggage": {strings.Repeat("a=b,", 1<<18)}}, 64 << 10},
	"8 KiB bad members":   {http.Header{"Baggage": {strings.Repeat("=,", 1<<12)}}, 8 << 20},
	"CRLF":                {http.Header{"X-Correlation-Id": {"a\r\nSet-Cookie: session=stolen"}}, 64 << 10},
	"1 MiB of CRLF":       {http.Header{"X-Correlation-Id": {strings.Repeat("\r\n", 1<<19)}}, 64 << 10},
	"non-ASCII":           {http.Header{"X-Correlation-Id": {"idé\u202e\u2028\U0001F4A9"}}, 64 << 10},
	"1 MiB of non-ASCII":  {http.Header{"X-Request-Id": {strings.Repeat("é", 1<<19)}}, 64 << 10},
	"1 MiB of not UTF-8":  {http.Header{"X-Request-Id": {strings.Repeat("\xff", 1<<20)}}, 64 << 10},
	"empty and not empty": {http.Header{"X-Correlation-Id": append(repeated("", 10_000), "a")}, 64 << 10},
}

func repeated(value string, n int) []string {
	values := make([]string, n)
	for i := range values {
		values[i] = value
	}
	return values
}

func withMany(name, value string) http.Header {
	h := http.Header{name: {value}}
	for i := range 10_000 {
		h[fmt.Sprint("X-Other-", i)] = []string{strings.Repeat("a", 90)}
	}
	return h
}

// TestMiddlewareHostileHeaders: such headers give a new ID, cost little memory and time,
// and reach neither the handler nor the response.
func TestMiddlewareHostileHeaders(t *testing.T) {
	h := bridge.NewMiddleware(bridge.WithBaggage())
	var longest time.Duration
	var most uint64
	for name, c := range hostileHeaders {
		var s seen
		var answer http.Header
		r := request()
		r.Header = c.header
		took, allocated := time.Hour, uint64(1<<62)
		for range 5 { // the least of five, because others use the machine and the heap too
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			s, answer = serve(h, r)
			took = min(took, time.Since(start))
			runtime.ReadMemStats(&after)
			allocated = min(allocated, after.TotalAlloc-before.TotalAlloc)
		}
		longest, most = max(longest, took), max(most, allocated)
		if !isHexID(s.id) || len(answer) != 1 || answer.Get("X-Correlation-ID") != s.id {
			t.Errorf("%s: ID %.100q, answer of %d headers", name, s.id, len(answer))
		}
		for _, header := range []string{"X-Correlation-Id", "X-Request-Id"} {
			for _, value := range s.header[header] {
				if value != s.id {
					t.Errorf("%s: the handler gets %s: %.100q", name, header, value)
				}
			}
		}
		if allocated > c.allowed {
			t.Errorf("%s: %d bytes allocated, want at most %d", name, allocated, c.allowed)
		}
		if took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
	t.Logf("%d kinds of header: at most %d KiB allocated and %v a request", len(hostileHeaders), most>>10, longest)
}

// TestMiddlewareHostileHeadersOverTheWire sends them to a server that accepts headers of
// 8 MiB. One by default refuses most of them itself.
func TestMiddlewareHostileHeadersOverTheWire(t *testing.T) {
	ids := make(chan string, 1)
	s := httptest.NewUnstartedServer(bridge.NewMiddleware(bridge.WithBaggage())(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ids <- bridge.CorrelationIDFromContext(r.Context()) })))
	s.Config.MaxHeaderBytes = 8 << 20
	s.Start()
	defer s.Close()
	for name, c := range hostileHeaders {
		var wire bytes.Buffer
		wire.WriteString("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n")
		for header, values := range c.header {
			for _, value := range values {
				_, _ = fmt.Fprintf(&wire, "%s: %s\r\n", header, value)
			}
		}
		wire.WriteString("\r\n")
		conn, err := net.DialTimeout("tcp", s.Listener.Addr().String(), 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		go func() { _, _ = conn.Write(wire.Bytes()) }()
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_ = resp.Body.Close()
		_ = conn.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", name, resp.StatusCode)
			continue
		}
		id, got := <-ids, resp.Header.Values("X-Correlation-ID")
		if len(got) != 1 || got[0] != id || !bridge.ValidCorrelationID(id) {
			t.Errorf("%s: ID %.100q, answer %.100q", name, id, got)
		}
		if resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: the response has a header of the client's", name)
		}
	}
}

// TestTransportHostileIDs: an ID that is set by code, from a message for instance, is
// sent only if it is valid.
func TestTransportHostileIDs(t *testing.T) {
	for name, c := range hostileHeaders {
		for _, values := range c.header {
			id := strings.Join(values, ",")
			r := request()
			if bridge.ValidCorrelationID(id) {
				continue
			}
			ctx := bridge.ContextWithCorrelationID(r.Context(), id)
			if got := sent(t, r.WithContext(ctx), bridge.WithBaggage()); len(got) != 0 {
				t.Errorf("%s: %d headers sent", name, len(got))
			}
		}
	}
	r := request()
	r.Header = withMany("X-Mine", "mine")
	ctx := bridge.ContextWithCorrelationID(r.Context(), "req-1")
	if got := sent(t, r.WithContext(ctx)); len(got) != 10_002 || got.Get("X-Correlation-ID") != "req-1" {
		t.Errorf("%d headers sent, want the caller's and the ID", len(got))
	}
}
