package retry

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor"
)

// newHTTP returns an exporter that does not retry by itself, unless an option changes
// that.
func newHTTP(t *testing.T, url string, opts ...otlploghttp.Option) sdklog.Exporter {
	t.Helper()
	e, err := otlploghttp.New(t.Context(), append([]otlploghttp.Option{
		otlploghttp.WithEndpointURL(url), otlploghttp.WithRetry(otlploghttp.RetryConfig{}),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func answering(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintln(w, "connection refused, says the body, invalid UTF-8")
	}
}

func TestHTTPStatuses(t *testing.T) {
	for status, want := range map[int]processor.Class{
		400: processor.Poisoned, 401: processor.Permanent, 403: processor.Permanent, 404: processor.Permanent,
		405: processor.Permanent, 408: processor.Permanent, 413: processor.Poisoned, 415: processor.Permanent,
		422: processor.Poisoned, 429: processor.Transient,
		500: processor.Poisoned, 501: processor.Permanent, 502: processor.Transient, 503: processor.Transient,
		504: processor.Transient, 505: processor.Permanent, 304: processor.Permanent,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			server := httptest.NewServer(answering(status))
			defer server.Close()
			wantClass(t, newHTTP(t, server.URL), records("a"), want)
		})
	}
}

// The exporter's own retries, if they are on, wrap the last error.
func TestHTTPStatusesAfterItsOwnRetries(t *testing.T) {
	server := httptest.NewServer(answering(503))
	defer server.Close()
	e := newHTTP(t, server.URL, otlploghttp.WithRetry(otlploghttp.RetryConfig{
		Enabled: true, InitialInterval: time.Millisecond, MaxInterval: time.Millisecond, MaxElapsedTime: 20 * time.Millisecond,
	}))
	wantClass(t, e, records("a"), processor.Transient)
}

func TestHTTPConnections(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"reset": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		},
		"closed": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
		},
		"closed in the middle of the answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("abc"))
			panic(http.ErrAbortHandler)
		},
		"silent": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only after that a server notices that the client closes
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			wantClass(t, newHTTP(t, server.URL, otlploghttp.WithTimeout(200*time.Millisecond)), records("a"), processor.Transient)
		})
	}
	t.Run("refused", func(t *testing.T) {
		server := httptest.NewServer(answering(200))
		server.Close()
		wantClass(t, newHTTP(t, server.URL), records("a"), processor.Transient)
	})
	t.Run("certificate not accepted", func(t *testing.T) {
		server := httptest.NewUnstartedServer(answering(200))
		server.Config.ErrorLog = discardLog
		server.StartTLS()
		defer server.Close()
		wantClass(t, newHTTP(t, server.URL), records("a"), processor.Transient)
	})
	t.Run("after its shutdown", func(t *testing.T) {
		// The exporter returns no error then, so there may be nothing to classify.
		e := newHTTP(t, "http://127.0.0.1:1")
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := e.Export(t.Context(), records("a")); err != nil && processor.Classify(err) != processor.Permanent {
			t.Errorf("%v is %v", err, processor.Classify(err))
		}
	})
}

func TestHTTPContents(t *testing.T) {
	server := httptest.NewServer(answering(200))
	defer server.Close()
	wantClass(t, newHTTP(t, server.URL), records("a", notUTF8), processor.Poisoned)
	small := newHTTP(t, server.URL, otlploghttp.WithMaxRequestSize(100))
	wantClass(t, small, records(string(make([]byte, 1000))), processor.Poisoned)
}
