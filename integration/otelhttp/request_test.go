package otelhttp_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/krunchwrapper/asynclog/bridge"
)

// TestRoute: the span's name and the metric have the route, as with otelhttp alone.
func TestRoute(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", func(http.ResponseWriter, *http.Request) {})
	eachServer(t, mux, func(t *testing.T, s *server) {
		id := s.do(t, s.request(t, http.MethodGet, "/users/7")).Header.Get("X-Correlation-ID")
		s.Close() // when the span has ended
		if s.order == "Middleware alone" {
			return
		}
		// otelhttp sets http.route on a span only if it is known when the span starts.
		if route := s.durationRoute(t); route != "/users/{id}" {
			t.Errorf("http.route of the metric is %q", route)
		}
		name, got := s.spanAttribute(t, "correlation.id")
		if name != "GET /users/{id}" {
			t.Errorf("span name %q", name)
		}
		if s.order == "otelhttp outside" {
			if trace := s.spans.Ended()[0].SpanContext().TraceID(); got != id || got != trace.String() {
				t.Errorf("the span has the ID %q, the answer %q, want that of the trace, %v", got, id, trace)
			}
		}
	})
}

// TestUploads: no temporary files are left, nor after a panic on HTTP/2. HTTP/1.1 leaves
// the files of a handler that panics, whoever wraps it.
func TestUploads(t *testing.T) {
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	f, err := m.CreateFormFile("file", "a.bin")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write(make([]byte, 11<<20)) // more than the 10 MiB that stay in memory
	_ = m.Close()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	files := func() []string {
		names, _ := filepath.Glob(filepath.Join(dir, "multipart-*"))
		return names
	}
	found := make(chan int, 1)
	eachServer(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		err := r.ParseMultipartForm(1)
		found <- len(files())
		if err != nil || r.URL.Path == "/panic" {
			panic(http.ErrAbortHandler)
		}
	}), func(t *testing.T, s *server) {
		path := "/"
		if s.protocol == 2 {
			path = "/panic"
		}
		r := s.request(t, http.MethodPost, path)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(form.Bytes())), int64(form.Len())
		r.Header.Set("Content-Type", m.FormDataContentType())
		if resp, err := s.Client().Do(r); err == nil {
			_ = resp.Body.Close()
		}
		s.Close() // when the handler has ended
		if n := <-found; n != 1 {
			t.Errorf("%d files while the handler runs, want 1", n)
		}
		for _, name := range files() {
			t.Errorf("%s is left", name)
			_ = os.Remove(name)
		}
	})
}

// TestContinue: the client sends the body when the handler asks for it, and no sooner.
func TestContinue(t *testing.T) {
	eachServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/read" {
			_, _ = io.Copy(w, r.Body)
			return
		}
		w.WriteHeader(http.StatusExpectationFailed)
	}), func(t *testing.T, s *server) {
		for path, want := range map[string]string{"/read": "body", "/refuse": ""} {
			continued := false
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { continued = true }})
			r := s.request(t, http.MethodPost, path).WithContext(ctx)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("body")), 4
			r.Header.Set("Expect", "100-continue")
			got, err := io.ReadAll(s.do(t, r).Body)
			if err != nil || string(got) != want || continued != (path == "/read") {
				t.Errorf("%s: answer %q, %v, 100-continue %v", path, got, err, continued)
			}
		}
	})
}

// TestTrailers: trailers go both ways, announced or not.
func TestTrailers(t *testing.T) {
	eachServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Announced")
		_, _ = io.Copy(w, r.Body)
		w.Header().Set("X-Announced", r.Trailer.Get("X-Sum"))
		w.Header().Set(http.TrailerPrefix+"X-Surprise", "yes")
	}), func(t *testing.T, s *server) {
		r := s.request(t, http.MethodPost, "/")
		trailer := http.Header{"X-Sum": nil}
		r.ContentLength, r.Trailer = -1, trailer
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader("body"), readerFunc(func([]byte) (int, error) {
			trailer.Set("X-Sum", "42")
			return 0, io.EOF
		})))
		s.Client().Transport = bridge.NewTransport(s.Client().Transport)
		r = r.WithContext(bridge.ContextWithCorrelationID(r.Context(), "req-1"))
		resp := s.do(t, r)
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		if resp.Trailer.Get("X-Announced") != "42" || resp.Trailer.Get("X-Surprise") != "yes" {
			t.Errorf("trailers %v", resp.Trailer)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestEarlyHints: informational answers arrive before the final one.
func TestEarlyHints(t *testing.T) {
	hinted := make(chan struct{}, 1)
	eachServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		select {
		case <-hinted: // the client has them while this handler runs
		case <-r.Context().Done():
		}
		w.WriteHeader(http.StatusAccepted)
	}), func(t *testing.T, s *server) {
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
				if code != http.StatusEarlyHints || h.Get("Link") == "" {
					t.Errorf("status %d with %v", code, h)
				}
				hinted <- struct{}{}
				return nil
			},
		})
		if resp := s.do(t, s.request(t, http.MethodGet, "/").WithContext(ctx)); resp.StatusCode != http.StatusAccepted {
			t.Errorf("status %d", resp.StatusCode)
		}
	})
}

// TestTransports: the server gets ID and trace, in both orders, and the caller's request
// stays as it is.
func TestTransports(t *testing.T) {
	for name, wrap := range map[string]func(base http.RoundTripper, t *telemetry) http.RoundTripper{
		"otelhttp inside": func(base http.RoundTripper, t *telemetry) http.RoundTripper {
			return bridge.NewTransport(otelhttp.NewTransport(base, t.options()...))
		},
		"otelhttp outside": func(base http.RoundTripper, t *telemetry) http.RoundTripper {
			return otelhttp.NewTransport(bridge.NewTransport(base), t.options()...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := make(chan http.Header, 1)
			eachServer(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header }),
				func(t *testing.T, s *server) {
					client, calls := s.Client(), newTelemetry()
					client.Transport = wrap(client.Transport, calls)
					r := s.request(t, http.MethodGet, "/")
					r = r.WithContext(bridge.ContextWithCorrelationID(context.WithoutCancel(r.Context()), "req-1"))
					_, _ = io.Copy(io.Discard, s.do(t, r).Body)
					h := <-got
					if h.Get("X-Correlation-ID") != "req-1" || h.Get("Traceparent") == "" {
						t.Errorf("the server gets %v", h)
					}
					if len(r.Header) != 0 {
						t.Errorf("the caller's headers have become %v", r.Header)
					}
				})
		})
	}
}
