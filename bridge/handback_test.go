package bridge_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/bridge"
)

// uncomparableBody makes == panic.
type uncomparableBody struct {
	io.Reader

	_ []byte
}

func (uncomparableBody) Close() error { return nil }

// changed returns a request in which every field of a server's request has been set.
func changed() *http.Request {
	return &http.Request{
		Method: "method", URL: &url.URL{Path: "/path"}, Proto: "proto", ProtoMajor: 7, ProtoMinor: 8,
		Header: http.Header{"A": {"header"}}, Body: uncomparableBody{Reader: strings.NewReader("body")}, ContentLength: 9,
		TransferEncoding: []string{"encoding"}, Close: true, Host: "host", Form: url.Values{"a": {"form"}},
		PostForm: url.Values{"a": {"post"}}, MultipartForm: &multipart.Form{}, Trailer: http.Header{"A": {"trailer"}},
		RemoteAddr: "address", RequestURI: "uri", TLS: &tls.ConnectionState{}, Pattern: "GET /{name}/{rest...}",
	}
}

// fields returns pointers to the exported fields of a request, except those for clients.
func fields(r *http.Request) map[string]reflect.Value {
	all := map[string]reflect.Value{}
	v := reflect.ValueOf(r).Elem()
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.IsExported() && f.Name != "GetBody" && f.Name != "Cancel" && f.Name != "Response" {
			all[f.Name] = v.FieldByIndex(f.Index)
		}
	}
	return all
}

// TestMiddlewareHandsBack: an outer handler sees every field that an inner one has set,
// however that has ended. A field that Go adds to http.Request makes the test fail.
func TestMiddlewareHandsBack(t *testing.T) {
	for name, end := range map[string]func(){
		"return": func() {},
		"panic":  func() { panic(http.ErrAbortHandler) },
		"Goexit": runtime.Goexit,
	} {
		for _, id := range []string{"req-1", "<invalid>"} {
			t.Run(name+" "+id, func(t *testing.T) {
				r := request("X-Correlation-ID", id)
				r.Body = uncomparableBody{Reader: strings.NewReader("")}
				ctx := r.Context()
				want := fields(changed())
				done := make(chan any)
				go func() {
					defer func() { done <- recover() }()
					bridge.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
						for name, field := range fields(r) {
							if want[name].IsZero() {
								t.Errorf("the test sets no %s", name)
							}
							field.Set(want[name])
						}
						r.SetPathValue("name", "value")
						r.SetPathValue("rest", "a/b")
						end()
					})).ServeHTTP(httptest.NewRecorder(), r)
				}()
				if e := <-done; (e == http.ErrAbortHandler) != (name == "panic") { //nolint:errorlint // the very value
					t.Errorf("panic %v", e)
				}
				for name, field := range fields(r) {
					if !reflect.DeepEqual(field.Interface(), want[name].Interface()) {
						t.Errorf("%s is %v, want %v", name, field, want[name])
					}
				}
				if r.PathValue("name") != "value" || r.PathValue("rest") != "a/b" || r.Context() != ctx {
					t.Error("the path values are missing, or the context is another one")
				}
			})
		}
	}
}

// TestMiddlewareHandsBackRoute: as without the middleware, where a handler sets
// values without a pattern too.
func TestMiddlewareHandsBackRoute(t *testing.T) {
	for pattern, c := range map[string]struct {
		path string
		want map[string]string
	}{
		"GET /users/{id}":         {"/users/7", map[string]string{"id": "7"}},
		"example.com/{a}/{b...}":  {"/x/y/z", map[string]string{"a": "x", "b": "y/z"}},
		"/{$}":                    {"/", nil},
		"POST /users/{id}":        {"/users/7", map[string]string{"id": ""}}, // does not match
		"/files/{name}/{version}": {"/files/a%2Fb/1", map[string]string{"name": "a/b", "version": "1"}},
	} {
		t.Run(pattern, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
			bare, wrapped := httptest.NewRequest(http.MethodGet, c.path, nil), httptest.NewRequest(http.MethodGet, c.path, nil)
			mux.ServeHTTP(httptest.NewRecorder(), bare)
			bridge.Middleware(mux).ServeHTTP(httptest.NewRecorder(), wrapped)
			if wrapped.Pattern != bare.Pattern {
				t.Errorf("pattern %q, want %q", wrapped.Pattern, bare.Pattern)
			}
			for name, want := range c.want {
				if got := wrapped.PathValue(name); got != want || got != bare.PathValue(name) {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

// TestMiddlewareHandsBackHeader: a client cannot hide by an invalid ID what a handler
// notes in the headers, nor does the outer handler's request lose the invalid ID.
func TestMiddlewareHandsBackHeader(t *testing.T) {
	for _, id := range []string{"req-1", "<invalid>"} {
		r := request("X-Correlation-ID", id, "X-Kept", "kept", "X-Gone", "gone", "X-Old", "old")
		bridge.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			r.Header.Set("X-User", "alice")
			r.Header.Add("X-Old", "new")
			r.Header.Del("X-Gone")
		})).ServeHTTP(httptest.NewRecorder(), r)
		want := http.Header{"X-Correlation-Id": {id}, "X-Kept": {"kept"}, "X-Old": {"old", "new"}, "X-User": {"alice"}}
		if !reflect.DeepEqual(r.Header, want) {
			t.Errorf("headers %v, want %v", r.Header, want)
		}
	}
}

// TestMiddlewareWritesOnlyChangesConcurrentSafe: another goroutine may read a request
// that no handler changes, and many may serve one request.
func TestMiddlewareWritesOnlyChangesConcurrentSafe(t *testing.T) {
	r := request()
	h := bridge.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	done := make(chan struct{}, 8)
	for range cap(done) {
		go func() {
			for range 50 {
				h.ServeHTTP(httptest.NewRecorder(), r)
				_ = fmt.Sprint(r.Method, r.URL, r.Header, r.Pattern, r.Form, r.RemoteAddr)
			}
			done <- struct{}{}
		}()
	}
	for range cap(done) {
		<-done
	}
}

// newServer starts a server of HTTP/1.1 or HTTP/2. Its client waits at most ten seconds.
func newServer(t *testing.T, http2 bool, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = http2
	s.StartTLS()
	t.Cleanup(s.Close)
	s.Client().Timeout = 10 * time.Second
	return s
}

// TestMiddlewareLeavesNoUploads: net/http removes what it put aside for an upload, also
// after a panic that an outer handler recovers.
func TestMiddlewareLeavesNoUploads(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		for _, panics := range []bool{false, true} {
			t.Run(fmt.Sprintf("http2=%v panics=%v", http2, panics), func(t *testing.T) {
				dir := t.TempDir()
				t.Setenv("TMPDIR", dir)
				found := make(chan int, 1)
				h := bridge.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					err := r.ParseMultipartForm(1)
					files, _ := filepath.Glob(filepath.Join(dir, "multipart-*"))
					found <- len(files)
					if panics || err != nil {
						panic(err)
					}
				}))
				s := newServer(t, http2, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					defer func() { _ = recover() }()
					h.ServeHTTP(w, r)
				}))
				var body bytes.Buffer
				m := multipart.NewWriter(&body)
				f, err := m.CreateFormFile("file", "a.bin")
				if err != nil {
					t.Fatal(err)
				}
				_, _ = f.Write(make([]byte, 11<<20)) // more than the 10 MiB that stay in memory
				_ = m.Close()
				resp, err := s.Client().Post(s.URL, m.FormDataContentType(), &body)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
				s.Close() // waits for the requests to finish
				if n := <-found; n != 1 {
					t.Fatalf("%d files while the handler runs: the test tests nothing", n)
				}
				if files, _ := filepath.Glob(filepath.Join(dir, "multipart-*")); len(files) > 0 {
					t.Errorf("%d temporary files are left", len(files))
				}
			})
		}
	}
}

// TestMiddlewareShowsTrailers: the handler gets a request's trailers, announced or not,
// and an outer handler too.
func TestMiddlewareShowsTrailers(t *testing.T) {
	for _, announced := range []string{"", "Trailer: X-Sum\r\n"} {
		inner, outer := make(chan string, 1), make(chan string, 1)
		h := bridge.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			inner <- r.Trailer.Get("X-Sum")
		}))
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r)
			outer <- r.Trailer.Get("X-Sum")
		}))
		defer s.Close()
		conn, err := net.DialTimeout("tcp", s.Listener.Addr().String(), 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"+
			"%s\r\n4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n", announced)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if i, o := <-inner, <-outer; i != "42" || o != "42" {
			t.Errorf("announced %q: trailer %q inside, %q outside, want 42", announced, i, o)
		}
	}
}

// TestTransportSendsTrailers: the caller may set a trailer while the body is read.
func TestTransportSendsTrailers(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		got := make(chan string, 1)
		s := newServer(t, http2, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			got <- r.Trailer.Get("X-Sum")
		}))
		client := s.Client()
		client.Transport = bridge.NewTransport(client.Transport)
		trailer := http.Header{"X-Sum": nil}
		body := io.MultiReader(strings.NewReader("body"), readerFunc(func([]byte) (int, error) {
			trailer.Set("X-Sum", "42")
			return 0, io.EOF
		}))
		ctx := bridge.ContextWithCorrelationID(t.Context(), "req-1")
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Trailer = trailer
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if sum := <-got; sum != "42" {
			t.Errorf("HTTP/2 %v: trailer %q, want 42", http2, sum)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// closeCounter counts the calls of Close.
type closeCounter struct {
	io.Reader

	n chan struct{}
}

func (c closeCounter) Close() error {
	c.n <- struct{}{}
	return nil
}

// TestTransportClosesBodies: the base transport gets the body, and closes it whatever
// happens, as the contract of http.RoundTripper says.
func TestTransportClosesBodies(t *testing.T) {
	s := newServer(t, false, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	base := s.Client().Transport
	ctx := bridge.ContextWithCorrelationID(t.Context(), "req-1")
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for name, c := range map[string]struct {
		ctx context.Context
		url string
	}{
		"aborted":      {ctx, s.URL},
		"scheme":       {ctx, "none://localhost"},
		"no host":      {ctx, "http:///"},
		"ended before": {ended, s.URL},
	} {
		body := closeCounter{strings.NewReader("body"), make(chan struct{}, 10)}
		r, err := http.NewRequestWithContext(c.ctx, http.MethodPost, c.url, body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := bridge.NewTransport(base).RoundTrip(r)
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s: no error", name)
		}
		if name == "ended before" && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		select {
		case <-body.n:
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the body is not closed", name)
		}
		if len(r.Header) != 0 {
			t.Errorf("%s: the caller's headers have become %v", name, r.Header)
		}
	}
}
