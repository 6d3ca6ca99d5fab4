package bridge_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/bridge"
)

// hostileIDs are values that the middleware must not pass on. Some of them could not
// be sent by a well-behaved client.
var hostileIDs = map[string]string{
	"4 KB":             strings.Repeat("a", 4096),
	"129 bytes":        strings.Repeat("a", 129),
	"newline":          "abc\nlevel=ERROR msg=forged",
	"header injection": "abc\r\nSet-Cookie: session=stolen",
	"unicode":          "idé-\u202e\U0001F4A9",
	"not UTF-8":        "abc\xff\xfe",
	"nul":              "abc\x00",
	"spaces":           "abc def",
	"list":             "abc,def",
	"markup":           "<script>alert(1)</script>",
	"expression":       "${jndi:ldap://example.com/a}",
}

// seen has the ID and the headers that a handler behind the middleware gets.
type seen struct {
	id     string
	header http.Header
}

// serve sends a request with the headers through a middleware.
func serve(mw func(http.Handler) http.Handler, r *http.Request) (s seen, answer http.Header) {
	w := httptest.NewRecorder()
	mw(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s = seen{bridge.CorrelationIDFromContext(r.Context()), r.Header}
	})).ServeHTTP(w, r)
	return s, w.Header()
}

func request(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header[http.CanonicalHeaderKey(headers[i])] = append(r.Header.Values(headers[i]), headers[i+1])
	}
	return r
}

// TestMiddlewareHeaders: the ID of the first header with a valid one is taken.
func TestMiddlewareHeaders(t *testing.T) {
	custom := bridge.NewMiddleware(bridge.WithHeaders("x-my-id", "no header", "", "X-Other"))
	for name, c := range map[string]struct {
		mw      func(http.Handler) http.Handler
		headers []string
		answer  string
		want    string
	}{
		"correlation":        {bridge.Middleware, []string{"X-Correlation-ID", "a"}, "X-Correlation-ID", "a"},
		"request":            {bridge.Middleware, []string{"X-Request-ID", "b"}, "X-Correlation-ID", "b"},
		"both":               {bridge.Middleware, []string{"X-Request-ID", "b", "X-Correlation-ID", "a"}, "X-Correlation-ID", "a"},
		"empty and request":  {bridge.Middleware, []string{"X-Correlation-ID", "", "X-Request-ID", "b"}, "X-Correlation-ID", "b"},
		"bad and request":    {bridge.Middleware, []string{"X-Correlation-ID", "a a", "X-Request-ID", "b"}, "X-Correlation-ID", "b"},
		"longest":            {bridge.Middleware, []string{"X-Correlation-ID", strings.Repeat("a", 128)}, "X-Correlation-ID", strings.Repeat("a", 128)},
		"others":             {custom, []string{"X-Other", "c", "X-Correlation-ID", "a"}, "X-My-Id", "c"},
		"others, first":      {custom, []string{"X-Other", "c", "X-My-ID", "d"}, "X-My-Id", "d"},
		"none counts as not": {bridge.NewMiddleware(bridge.WithHeaders()), []string{"X-Request-ID", "b"}, "X-Correlation-ID", "b"},
	} {
		t.Run(name, func(t *testing.T) {
			s, answer := serve(c.mw, request(c.headers...))
			if s.id != c.want || answer.Get(c.answer) != c.want || len(answer) != 1 {
				t.Errorf("ID %q, answer %v, want %q", s.id, answer, c.want)
			}
		})
	}
}

// TestMiddlewareCreatesID: without a header the ID is the trace's, else a new one.
func TestMiddlewareCreatesID(t *testing.T) {
	a, answer := serve(bridge.Middleware, request())
	b, _ := serve(bridge.Middleware, request("X-Correlation-ID", ""))
	if !isHexID(a.id) || !isHexID(b.id) || a.id == b.id || answer.Get("X-Correlation-ID") != a.id {
		t.Errorf("IDs %q and %q, answer %v", a.id, b.id, answer)
	}

	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{0xaa}, SpanID: trace.SpanID{0xbb}})
	r := request()
	s, _ := serve(bridge.Middleware, r.WithContext(trace.ContextWithSpanContext(r.Context(), sc)))
	if s.id != sc.TraceID().String() {
		t.Errorf("ID %q, want that of the trace %v", s.id, sc.TraceID())
	}
}

// TestMiddlewareKey: an ID that the handler sets later has the middleware's key.
func TestMiddlewareKey(t *testing.T) {
	s := newService(t, bridge.WithCorrelationKey("request.id"))
	mw := bridge.NewMiddleware(bridge.WithCorrelationKey("request.id"), bridge.WithBaggage())
	r := request("X-Correlation-ID", "a")
	ctx, span := s.tracer.Start(r.Context(), "server")
	mw(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if got := member(r.Context(), "request.id"); got != "a" {
			t.Errorf("baggage has %q", got)
		}
		ctx, inner := s.tracer.Start(r.Context(), "inner")
		bridge.ContextWithCorrelationID(ctx, "b")
		inner.End()
	})).ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
	span.End()
	spans := s.spans.GetSpans()
	if inner, server := spanAttribute(spans[0], "request.id"), spanAttribute(spans[1], "request.id"); inner != "b" || server != "a" {
		t.Errorf("spans have %q and %q, want b and a", inner, server)
	}
}

// TestMiddlewareTwice: a middleware inside another one, or inside code that has set an
// ID, takes the same ID.
func TestMiddlewareTwice(t *testing.T) {
	twice := func(next http.Handler) http.Handler { return bridge.Middleware(bridge.Middleware(next)) }
	for _, headers := range [][]string{nil, {"X-Correlation-ID", "a"}, {"X-Request-ID", "b"}, {"X-Correlation-ID", "<evil>"}} {
		if s, answer := serve(twice, request(headers...)); answer.Get("X-Correlation-ID") != s.id {
			t.Errorf("%v: ID %q, answer %v", headers, s.id, answer)
		}
	}
	for id, want := range map[string]bool{"job-1": true, "not\nvalid": false} {
		r := request()
		s, answer := serve(bridge.Middleware, r.WithContext(bridge.ContextWithCorrelationID(r.Context(), id)))
		if kept := s.id == id; kept != want || answer.Get("X-Correlation-ID") != s.id {
			t.Errorf("ID %q, answer %v, where the context had %q", s.id, answer, id)
		}
	}
}

// TestMiddlewareReplacesHostileHeaders: invalid headers do not reach the handler, and
// the caller's request is not changed.
func TestMiddlewareReplacesHostileHeaders(t *testing.T) {
	for name, value := range hostileIDs {
		for _, header := range []string{"X-Correlation-Id", "X-Request-Id"} {
			r := request(header, value)
			s, answer := serve(bridge.Middleware, r)
			if !isHexID(s.id) || answer.Get("X-Correlation-ID") != s.id {
				t.Errorf("%s: ID %q, answer %v, want a new one", name, s.id, answer)
			}
			if got := s.header.Get("X-Correlation-ID"); got != s.id || s.header.Get("X-Request-ID") == value {
				t.Errorf("%s: the handler gets %v", name, s.header)
			}
			if r.Header[header][0] != value {
				t.Errorf("%s: the caller's request has been changed", name)
			}
		}
	}
	t.Run("several", func(t *testing.T) {
		s, _ := serve(bridge.Middleware, request("X-Correlation-ID", "a", "X-Correlation-ID", "b"))
		if !isHexID(s.id) || len(s.header.Values("X-Correlation-ID")) != 1 {
			t.Errorf("ID %q, and the handler gets %v", s.id, s.header)
		}
	})
}

// TestMiddlewareOverTheWire writes invalid headers to a connection.
func TestMiddlewareOverTheWire(t *testing.T) {
	ids := make(chan string, 1)
	server := httptest.NewServer(bridge.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ids <- bridge.CorrelationIDFromContext(r.Context())
	})))
	defer server.Close()
	for name, value := range map[string]string{
		"header injection": "abc\r\nX-Request-ID: <evil>",
		"folded":           "abc\r\n def",
		"4 KB":             strings.Repeat("a", 4096),
		"unicode":          "idé",
		"twice":            "abc\r\nX-Correlation-ID: def",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_, err = fmt.Fprintf(conn,
				"GET / HTTP/1.1\r\nHost: localhost\r\nX-Correlation-ID: %s\r\nConnection: close\r\n\r\n", value)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			id := <-ids
			if got := resp.Header.Values("X-Correlation-ID"); len(got) != 1 || got[0] != id || !bridge.ValidCorrelationID(id) {
				t.Errorf("ID %q, answer %q", id, got)
			}
			if taken := strings.HasPrefix(value, id); taken != (name == "header injection") {
				t.Errorf("ID %q", id) // the header before the injected one is valid
			}
		})
	}
}

// TestMiddlewareInAGateway: a reverse proxy copies headers, so the service behind it
// gets the same ID.
func TestMiddlewareInAGateway(t *testing.T) {
	behind := make(chan string, 1)
	server := httptest.NewServer(bridge.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		behind <- bridge.CorrelationIDFromContext(r.Context())
	})))
	defer server.Close()
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name, headers := range map[string][]string{
		"none":    nil,
		"good":    {"X-Correlation-ID", "req-1"},
		"request": {"X-Request-ID", "req-2"},
		"hostile": {"X-Correlation-ID", "<evil>"},
		"mixed":   {"X-Correlation-ID", "<evil>", "X-Request-ID", "req-3"},
	} {
		proxy := httputil.NewSingleHostReverseProxy(target)
		proxy.Transport = bridge.NewTransport(nil)
		proxy.ModifyResponse = func(r *http.Response) error {
			r.Header.Del("X-Correlation-ID")
			return nil
		}
		w := httptest.NewRecorder()
		bridge.Middleware(proxy).ServeHTTP(w, request(headers...))
		if id, got := <-behind, w.Header().Values("X-Correlation-ID"); len(got) != 1 || got[0] != id {
			t.Errorf("%s: the gateway has %q, the service %q", name, got, id)
		}
	}
}

func TestMiddlewareConcurrentSafe(t *testing.T) {
	mw := bridge.NewMiddleware(bridge.WithBaggage())
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 50 {
				want := fmt.Sprint(g, "-", i)
				if s, _ := serve(mw, request("X-Correlation-ID", want)); s.id != want {
					t.Errorf("ID %q, want %q", s.id, want)
				}
			}
		})
	}
	wg.Wait()
}

// FuzzMiddleware sends arbitrary headers. The ID must be valid, and the same in the
// context, the response and the handler's headers.
func FuzzMiddleware(f *testing.F) {
	for _, value := range hostileIDs {
		f.Add(value, "", "")
		f.Add("", value, "correlation.id="+value)
	}
	f.Add("a", "b", "correlation.id=c")
	f.Fuzz(func(t *testing.T, correlation, requestID, baggage string) {
		s, answer := serve(bridge.NewMiddleware(bridge.WithBaggage()),
			request("X-Correlation-ID", correlation, "X-Request-ID", requestID, "Baggage", baggage))
		if !bridge.ValidCorrelationID(s.id) || answer.Get("X-Correlation-ID") != s.id {
			t.Fatalf("ID %q, answer %v", s.id, answer)
		}
		for _, given := range []string{correlation, requestID} {
			if bridge.ValidCorrelationID(given) {
				if s.id != given {
					t.Fatalf("ID %q, want %q", s.id, given)
				}
				break
			}
		}
		for _, name := range []string{"X-Correlation-Id", "X-Request-Id"} {
			if v := s.header.Get(name); v != "" && !bridge.ValidCorrelationID(v) {
				t.Fatalf("the handler gets %s: %q", name, v)
			}
		}
	})
}
