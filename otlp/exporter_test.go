package otlp_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/otlp"
)

var compressions = map[string]otlp.Compression{
	"none": otlp.NoCompression, "gzip": otlp.GzipCompression, "zstd": otlp.ZstdCompression,
}

// TestRecordsArrive sends records in both ways, over both protocols, with every
// compression.
func TestRecordsArrive(t *testing.T) {
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, isGRPC bool) {
		for name, compression := range compressions {
			t.Run(name, func(t *testing.T) {
				rec := newReceiver(t, nil, nil)
				e := newExporter(t, protocol, otlp.WithEndpointURL(rec.URL+"/some/path"),
					otlp.WithCompression(compression), otlp.WithHeaders(map[string]string{"api-key": "secret"}))

				texts := []string{"one", "two", strings.Repeat("three ", 30_000)}
				if err := e.Export(t.Context(), textRecords(t, texts...)); err != nil {
					t.Fatalf("Export: %v", err)
				}
				b, _ := textBatch(t, texts...)
				if err := e.ExportEncoded(t.Context(), b); err != nil {
					t.Fatalf("ExportEncoded: %v", err)
				}
				requests := rec.received()
				if len(requests) != 2 {
					t.Fatalf("%d requests, want 2", len(requests))
				}
				wantPath := "/some/path"
				if isGRPC {
					wantPath = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
				}
				for _, r := range requests {
					if got := r.bodies(t); !slices.Equal(got, texts) {
						t.Errorf("%d records arrived, not those that were sent", len(got))
					}
					if r.URL.Path != wantPath || r.Method != http.MethodPost || r.Header.Get("Api-Key") != "secret" {
						t.Errorf("%s %s with the header %q", r.Method, r.URL.Path, r.Header.Get("Api-Key"))
					}
				}
				if got, want := requests[1].body, b.AppendRequest(nil); string(got) != string(want) || len(got) != b.Size() {
					t.Errorf("%d bytes arrived, AppendRequest has %d, Size is %d", len(got), len(want), b.Size())
				}
			})
		}
	})
}

func TestNothingToSend(t *testing.T) {
	rec := newReceiver(t, nil, nil)
	e := newExporter(t, otlp.WithEndpointURL(rec.URL))
	if err := errors.Join(e.Export(t.Context(), nil), e.ExportEncoded(t.Context(), new(otlp.Batch))); err != nil {
		t.Error(err)
	}
	if n := len(rec.received()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestAfterShutdown(t *testing.T) {
	e := newExporter(t, otlp.WithEndpoint("localhost:1"))
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	b, _ := textBatch(t, "late")
	for _, err := range []error{e.Export(t.Context(), textRecords(t, "late")), e.ExportEncoded(t.Context(), b)} {
		if !errors.Is(err, sdklog.ErrExporterShutdown) {
			t.Errorf("got %v, want ErrExporterShutdown", err)
		}
	}
	if err := errors.Join(e.Shutdown(t.Context()), e.ForceFlush(t.Context())); err != nil {
		t.Error(err)
	}
}

// TestConnectionIsReused: all answers are read to their end, so one connection is
// enough.
func TestConnectionIsReused(t *testing.T) {
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, _ bool) {
		rec := newReceiver(t, nil, nil)
		e := newExporter(t, protocol, otlp.WithEndpointURL(rec.URL))
		for range 20 {
			if err := e.Export(t.Context(), textRecords(t, "x")); err != nil {
				t.Fatal(err)
			}
		}
		if n := rec.accepted(); n != 1 {
			t.Errorf("%d connections for 20 exports, want 1", n)
		}
	})
}

// TestRetry: a plain Export tries again, and what arrives is the same; ExportEncoded
// makes one attempt.
func TestRetry(t *testing.T) {
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, isGRPC bool) {
		refused := 0
		rec := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
			switch {
			case refused == 2:
				if isGRPC {
					answerGRPC(w, nil, "0", "")
				}
			case isGRPC:
				refused++
				answerGRPC(w, nil, "14", "not yet")
			default:
				refused++
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}, nil)
		e := newExporter(t, protocol, otlp.WithEndpointURL(rec.URL), otlp.WithCompression(otlp.GzipCompression), again())
		if err := e.Export(t.Context(), textRecords(t, "again")); err != nil {
			t.Fatalf("Export: %v", err)
		}
		requests := rec.received()
		if len(requests) != 3 {
			t.Fatalf("%d requests, want 3", len(requests))
		}
		for _, r := range requests {
			if got := r.bodies(t); !slices.Equal(got, []string{"again"}) {
				t.Errorf("arrived: %q", got)
			}
		}
		// Not over the connection that served the refusals.
		if n := rec.accepted(); n != 3 {
			t.Errorf("%d connections, want a new one after each refusal", n)
		}

		refused = 0
		b, _ := textBatch(t, "once")
		if err := e.ExportEncoded(t.Context(), b); err == nil {
			t.Error("ExportEncoded tried again")
		}
		if n := len(rec.received()); n != 4 {
			t.Errorf("%d requests, want 4", n)
		}
	})
}

// TestRetryEnds: after the longest time, before a deadline that would pass in the
// pause, and for a receiver that is not there.
func TestRetryEnds(t *testing.T) {
	rec := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
	}, nil)
	e := newExporter(t, otlp.WithEndpointURL(rec.URL))
	start := time.Now()
	err := e.Export(t.Context(), textRecords(t, "x"))
	var refused *otlp.HTTPError
	if !errors.As(err, &refused) || refused.Code != 503 || refused.RetryAfter != time.Hour {
		t.Errorf("got %v", err)
	}
	dead := newExporter(t, otlp.WithEndpoint("127.0.0.1:1"), otlp.WithInsecure())
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := dead.Export(ctx, textRecords(t, "x")); err == nil {
		t.Error("no error of a receiver that is not there")
	}
	if d := time.Since(start); d > testTimeout {
		t.Errorf("took %v", d)
	}
}

// TestShutdownInterruptsPause: Shutdown is back at once though an export waits for its
// next attempt.
func TestShutdownInterruptsPause(t *testing.T) {
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, _ bool) {
		e := newExporter(t, protocol, otlp.WithEndpoint("127.0.0.1:1"), otlp.WithInsecure(),
			otlp.WithRetry(otlp.RetryConfig{Enabled: true, InitialInterval: time.Hour, MaxInterval: time.Hour}))
		result := make(chan error)
		go func() { result <- e.Export(context.Background(), textRecords(t, "x")) }()
		time.Sleep(50 * time.Millisecond) // it waits, or will see that it need not
		ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
		defer cancel()
		if err := e.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-result; err == nil {
			t.Error("Export succeeded")
		}
	})
}

// TestShutdownCancels: a request that is not answered ends with Shutdown's context.
func TestShutdownCancels(t *testing.T) {
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, _ bool) {
		arrived, release := make(chan struct{}), make(chan struct{})
		rec := newReceiver(t, func(http.ResponseWriter, *http.Request) {
			close(arrived)
			<-release
		}, nil)
		defer close(release)
		e := newExporter(t, protocol, otlp.WithEndpointURL(rec.URL))
		result := make(chan error)
		go func() { result <- e.Export(context.Background(), textRecords(t, "x")) }()
		<-arrived
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := e.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown: %v, want that its context ended", err)
		}
		if err := <-result; !errors.Is(err, sdklog.ErrExporterShutdown) {
			t.Errorf("Export: %v, want ErrExporterShutdown", err)
		}
	})
}

// TestTimeout: an attempt ends at its own timeout, and with the caller's context.
func TestTimeout(t *testing.T) {
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, _ bool) {
		release := make(chan struct{})
		rec := newReceiver(t, func(http.ResponseWriter, *http.Request) { <-release }, nil)
		defer close(release)
		e := newExporter(t, protocol, otlp.WithEndpointURL(rec.URL), otlp.WithTimeout(30*time.Millisecond), once())
		if err := e.Export(t.Context(), textRecords(t, "x")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Export: %v, want that the time is up", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := e.Export(ctx, textRecords(t, "x")); !errors.Is(err, context.Canceled) {
			t.Errorf("Export: %v, want that its context ended", err)
		}
	})
}

// TestZstdRefused: the records arrive all the same, and it is not tried again.
func TestZstdRefused(t *testing.T) {
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, isGRPC bool) {
		rec := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
			compressed := r.Header.Get("Content-Encoding")+r.Header.Get("Grpc-Encoding") != ""
			switch {
			case isGRPC && compressed:
				w.Header().Set("Content-Type", "application/grpc")
				w.Header().Set("Grpc-Status", "12")
			case isGRPC:
				answerGRPC(w, nil, "0", "")
			case compressed:
				w.WriteHeader(http.StatusUnsupportedMediaType)
			}
		}, nil)
		reports := handleErrors(t)
		e := newExporter(t, protocol, otlp.WithEndpointURL(rec.URL), otlp.WithCompression(otlp.ZstdCompression))
		for range 3 {
			b, _ := textBatch(t, "x")
			if err := e.ExportEncoded(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(rec.received()); n != 4 {
			t.Errorf("%d requests, want 4", n)
		}
		if err := <-reports; !strings.Contains(err.Error(), "refuses zstd") {
			t.Errorf("reported: %v", err)
		}
		select {
		case err := <-reports:
			t.Errorf("reported again: %v", err)
		default:
		}
	})
}

// TestRedirect: the same request goes to another path of the same host, and nowhere
// else.
func TestRedirect(t *testing.T) {
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, isGRPC bool) {
		rec := newReceiver(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path != "/elsewhere":
				http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			case isGRPC:
				answerGRPC(w, nil, "0", "")
			}
		}, nil)
		e := newExporter(t, protocol, otlp.WithEndpointURL(rec.URL))
		b, _ := textBatch(t, strings.Repeat("x", 100_000))
		if err := e.ExportEncoded(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		requests := rec.received()
		if len(requests) != 2 || string(requests[0].body) != string(requests[1].body) || requests[1].Method != http.MethodPost {
			t.Errorf("%d requests, or not the same twice", len(requests))
		}
	})
	for status, where := range map[int]string{
		http.StatusFound:             "/elsewhere",            // would become a GET
		http.StatusTemporaryRedirect: "http://localhost.test", // would get the headers
	} {
		rec := newReceiver(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, where, status) }, nil)
		e := newExporter(t, otlp.WithEndpointURL(rec.URL), once())
		err := e.Export(t.Context(), textRecords(t, "x"))
		var refused *otlp.HTTPError
		if !errors.As(err, &refused) || refused.Code != status || !strings.Contains(err.Error(), where) {
			t.Errorf("%d to %s: %v", status, where, err)
		}
	}
}

// TestRequestTooLarge: nothing is sent, and the error has the text that processors
// know.
func TestRequestTooLarge(t *testing.T) {
	rec := newReceiver(t, nil, func(s *httptest.Server) {})
	e := newExporter(t, otlp.WithEndpointURL(rec.URL))
	r := textRecords(t, strings.Repeat("x", 1<<20))
	framed := otlp.AppendRecord(nil, &r[0])
	var b otlp.Batch
	for range 64 {
		b.Add(testResource, testScope, framed, 1)
	}
	err := e.ExportEncoded(t.Context(), &b)
	if err == nil || !strings.Contains(err.Error(), "request body too large: exceeded 67108864 bytes") {
		t.Errorf("got %v", err)
	}
	if n := len(rec.received()); n != 0 {
		t.Errorf("%d requests", n)
	}
}
