package otlp_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/krunchwrapper/asynclog/otlp"
)

// partialSuccess encodes an ExportLogsServiceResponse.
func partialSuccess(rejected int64, message string) []byte {
	var content []byte
	if rejected != 0 {
		content = protowire.AppendVarint(protowire.AppendTag(content, 1, protowire.VarintType), uint64(rejected))
	}
	if message != "" {
		content = protowire.AppendString(protowire.AppendTag(content, 2, protowire.BytesType), message)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), content)
}

// statusDetails encodes a google.rpc.Status with a RetryInfo.
func statusDetails(message string, delay time.Duration) []byte {
	duration := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(delay/time.Second))
	duration = protowire.AppendVarint(protowire.AppendTag(duration, 2, protowire.VarintType), uint64(delay%time.Second))
	info := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), duration)
	detail := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "type.googleapis.com/google.rpc.RetryInfo")
	detail = protowire.AppendBytes(protowire.AppendTag(detail, 2, protowire.BytesType), info)
	status := protowire.AppendString(protowire.AppendTag(nil, 2, protowire.BytesType), message)
	return protowire.AppendBytes(protowire.AppendTag(status, 3, protowire.BytesType), detail)
}

// exportOnce returns the error of one attempt at a receiver with this handler.
func exportOnce(t *testing.T, protocol otlp.Option, handle http.HandlerFunc, opts ...otlp.Option) error {
	t.Helper()
	rec := newReceiver(t, handle, nil)
	e := newExporter(t, append(opts, protocol, otlp.WithEndpointURL(rec.URL), once())...)
	b, _ := textBatch(t, "x")
	err := e.ExportEncoded(t.Context(), b)
	if n := len(rec.received()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	return err
}

// TestPartialSuccess: the error says how many were rejected, and there is no second
// attempt.
func TestPartialSuccess(t *testing.T) {
	for _, tc := range []struct {
		name     string
		answer   []byte
		rejected int64
		text     string // of the error, "" for none
	}{
		{"none", nil, 0, ""},
		{"empty", partialSuccess(0, ""), 0, ""},
		{"warning", partialSuccess(0, "deprecated"), 0, "OTLP partial success: deprecated (0 logs rejected)"},
		{"some", partialSuccess(3, "too old"), 3, "OTLP partial success: too old (3 logs rejected)"},
		{"no text", partialSuccess(2, ""), 2, "OTLP partial success: empty message (2 logs rejected)"},
		{"negative", partialSuccess(-2, "odd"), 0, "OTLP partial success: odd (0 logs rejected)"},
		{"damaged", []byte{0x0a, 100}, 0, "cannot be read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bothProtocols(t, func(t *testing.T, protocol otlp.Option, isGRPC bool) {
				err := exportOnce(t, protocol, func(w http.ResponseWriter, _ *http.Request) {
					if isGRPC {
						answerGRPC(w, tc.answer, "0", "")
						return
					}
					w.Header().Set("Content-Type", "application/x-protobuf")
					_, _ = w.Write(tc.answer)
				}, again())
				if tc.text == "" {
					if err != nil {
						t.Errorf("got %v", err)
					}
					return
				}
				var partial otlp.PartialSuccess
				if !errors.As(err, &partial) || partial.RejectedItems != tc.rejected || !strings.Contains(err.Error(), tc.text) {
					t.Errorf("got %#v, want %q", err, tc.text)
				}
			})
		})
	}
}

// TestHTTPStatus: the four that the specification names may be tried again, no other.
func TestHTTPStatus(t *testing.T) {
	for _, code := range []int{400, 401, 403, 404, 408, 413, 415, 422, 429, 500, 501, 502, 503, 504} {
		attempts := 0
		rec := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
			if attempts++; attempts == 1 {
				http.Error(w, "the reason", code)
			}
		}, nil)
		e := newExporter(t, otlp.WithEndpointURL(rec.URL), again())
		err := e.Export(t.Context(), textRecords(t, "x"))
		wantRetry := code == 429 || code == 502 || code == 503 || code == 504
		var refused *otlp.HTTPError
		switch {
		case wantRetry != (attempts == 2):
			t.Errorf("%d: %d attempts", code, attempts)
		case !wantRetry && (!errors.As(err, &refused) || refused.StatusCode() != code || refused.Message != "the reason"):
			t.Errorf("%d: got %v", code, err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for _, tc := range []struct {
		header   string
		low, top time.Duration
	}{
		{"", 0, 0},
		{"7", 7 * time.Second, 7 * time.Second},
		{"-7", 0, 0},
		{"99999999999999", 24 * time.Hour, 24 * time.Hour},
		{"soon", 0, 0},
		{time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), 59 * time.Minute, time.Hour},
		{time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), 0, 0},
	} {
		err := exportOnce(t, otlp.WithProtocol(otlp.HTTPProtobuf), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", tc.header)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		var refused *otlp.HTTPError
		if !errors.As(err, &refused) || refused.RetryAfter < tc.low || refused.RetryAfter > tc.top {
			t.Errorf("Retry-After %q: %v, %+v", tc.header, err, refused)
		}
		// Processors know the time by the name of the error and of its field.
		wrapped := reflect.ValueOf(errors.Unwrap(refused))
		if known := wrapped.IsValid() && wrapped.Type().Name() == "retryableError" &&
			wrapped.FieldByName("throttle").Int() == int64(refused.RetryAfter); known != (refused.RetryAfter > 0) {
			t.Errorf("Retry-After %q: wraps %v", tc.header, wrapped)
		}
	}
}

// TestHTTPStatusMessage: an error's body is a google.rpc.Status.
func TestHTTPStatusMessage(t *testing.T) {
	err := exportOnce(t, otlp.WithProtocol(otlp.HTTPProtobuf), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-protobuf")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write(statusDetails("too busy", 3*time.Second))
	})
	var refused *otlp.HTTPError
	if !errors.As(err, &refused) || refused.Message != "too busy" || refused.RetryAfter != 3*time.Second {
		t.Errorf("got %v, %+v", err, refused)
	}
}

// TestWebPageIsNoPartialSuccess: over HTTP the status alone counts, whatever the body
// is.
func TestWebPageIsNoPartialSuccess(t *testing.T) {
	err := exportOnce(t, otlp.WithProtocol(otlp.HTTPProtobuf), func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("\x0a\xff hello"))
	})
	if err != nil {
		t.Errorf("got %v", err)
	}
}

// TestEndlessAnswer: an answer is read up to a size, and the records count as
// accepted.
func TestEndlessAnswer(t *testing.T) {
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, isGRPC bool) {
		err := exportOnce(t, protocol, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/x-protobuf")
			if isGRPC {
				w.Header().Set("Content-Type", "application/grpc")
			}
			for chunk := make([]byte, 1<<16); r.Context().Err() == nil; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		})
		var partial otlp.PartialSuccess
		var refused *otlp.GRPCError
		switch {
		case isGRPC && !errors.As(err, &refused): // no status came
			t.Errorf("got %v, want a status", err)
		case !isGRPC && (!errors.As(err, &partial) || partial.RejectedItems != 0):
			t.Errorf("got %v, want a warning", err)
		}
	})
}

// TestStalledAnswer: over HTTP the records were accepted once the header is there.
func TestStalledAnswer(t *testing.T) {
	release := make(chan struct{})
	rec := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-protobuf")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-release
	}, nil)
	defer close(release)
	e := newExporter(t, otlp.WithEndpointURL(rec.URL), otlp.WithTimeout(50*time.Millisecond))
	err := e.Export(t.Context(), textRecords(t, "x"))
	var partial otlp.PartialSuccess
	if !errors.As(err, &partial) || partial.RejectedItems != 0 {
		t.Errorf("got %v, want a warning", err)
	}
}

// TestNoSecretInErrors: not even if the receiver sends it back.
func TestNoSecretInErrors(t *testing.T) {
	const secret = "Bearer s3cr3t-token"
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, isGRPC bool) {
		err := exportOnce(t, protocol, func(w http.ResponseWriter, r *http.Request) {
			text := "unknown: " + r.Header.Get("Authorization")
			if isGRPC {
				answerGRPC(w, nil, "16", text)
				return
			}
			http.Error(w, text, http.StatusUnauthorized)
		}, otlp.WithHeaders(map[string]string{"authorization": secret}))
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("got %v", err)
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(e.Error(), secret) {
				t.Errorf("wrapped: %v", e)
			}
		}
	})
}

// TestNobodyListens: the error is temporary, says where, and is the connection's.
func TestNobodyListens(t *testing.T) {
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, _ bool) {
		e := newExporter(t, protocol, otlp.WithEndpoint("127.0.0.1:1"), otlp.WithInsecure(), once())
		err := e.Export(context.Background(), textRecords(t, "x"))
		var temporary interface{ Temporary() bool }
		if !errors.As(err, &temporary) || !temporary.Temporary() || !strings.Contains(err.Error(), "127.0.0.1:1") {
			t.Errorf("got %v", err)
		}
	})
}
