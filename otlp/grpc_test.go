package otlp_test

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/krunchwrapper/asynclog/otlp"
)

// TestGRPCStatus: as the specification's table says, whether the status comes behind a
// message or alone.
func TestGRPCStatus(t *testing.T) {
	retried := map[string]bool{"1": true, "4": true, "10": true, "11": true, "14": true, "15": true}
	for _, trailersOnly := range []bool{false, true} {
		for _, code := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "77"} {
			attempts := 0
			rec := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
				switch attempts++; {
				case attempts > 1:
					answerGRPC(w, nil, "0", "")
				case trailersOnly:
					w.Header().Set("Content-Type", "application/grpc")
					w.Header().Set("Grpc-Status", code)
					w.Header().Set("Grpc-Message", "the%20reason%0Awhy")
				default:
					answerGRPC(w, nil, code, "the%20reason%0Awhy")
				}
			}, nil)
			e := newExporter(t, otlp.WithProtocol(otlp.GRPC), otlp.WithEndpointURL(rec.URL),
				again())
			err := e.Export(t.Context(), textRecords(t, "x"))
			var refused *otlp.GRPCError
			switch {
			case retried[code] != (attempts == 2):
				t.Errorf("%s: %d attempts", code, attempts)
			case !retried[code] && (!errors.As(err, &refused) || refused.Message != "the reason\nwhy"):
				t.Errorf("%s: got %v", code, err)
			}
		}
	}
}

// TestRetryInfo: RESOURCE_EXHAUSTED may be tried again if the receiver says when.
func TestRetryInfo(t *testing.T) {
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding} {
		err := exportOnce(t, otlp.WithProtocol(otlp.GRPC), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("Grpc-Status", "8")
			w.Header().Set("Grpc-Status-Details-Bin", encoding.EncodeToString(statusDetails("slow down", 1500*time.Millisecond)))
		})
		var refused *otlp.GRPCError
		if !errors.As(err, &refused) || !refused.RetryInfo || refused.RetryDelay != 1500*time.Millisecond {
			t.Errorf("got %v, %+v", err, refused)
		}
	}
}

// TestErrorsHaveTheMethodsOfGRPC: as processors look for them, by reflection.
func TestErrorsHaveTheMethodsOfGRPC(t *testing.T) {
	e := &otlp.GRPCError{Code: 8, RetryInfo: true, RetryDelay: time.Second}
	status := reflect.ValueOf(e).MethodByName("GRPCStatus").Call(nil)[0]
	if code := status.MethodByName("Code").Call(nil)[0]; !code.CanUint() || code.Uint() != 8 {
		t.Errorf("Code: %v", code)
	}
	details, ok := reflect.TypeAssert[interface{ Details() []any }](status)
	if !ok || len(details.Details()) != 1 {
		t.Fatal("no details")
	}
	delay := reflect.ValueOf(details.Details()[0]).MethodByName("GetRetryDelay").Call(nil)[0]
	d, ok := reflect.TypeAssert[interface{ AsDuration() time.Duration }](delay)
	if !ok || d.AsDuration() != time.Second {
		t.Errorf("retry delay: %v", delay)
	}
	if got, want := e.Error(), "RESOURCE_EXHAUSTED"; got != want {
		t.Errorf("Error: %q, want %q", got, want)
	}
}

// TestNoStatusIsNoSuccess: neither an answer without one, nor one that is not gRPC's.
func TestNoStatusIsNoSuccess(t *testing.T) {
	for _, tc := range []struct {
		name   string
		handle http.HandlerFunc
		code   uint32
	}{
		{"no status", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/grpc")
			_, _ = w.Write(make([]byte, 5))
		}, 2},
		{"a status that is no number", func(w http.ResponseWriter, _ *http.Request) { answerGRPC(w, nil, "OK", "") }, 2},
		{"a web page", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>hello")) }, 2},
		{"404", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, 12},
		{"503", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, 14},
		{"401", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, 16},
		{"reset", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/grpc")
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, 13},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := exportOnce(t, otlp.WithProtocol(otlp.GRPC), tc.handle)
			var refused *otlp.GRPCError
			if !errors.As(err, &refused) || refused.Code != tc.code {
				t.Errorf("got %v, want code %d", err, tc.code)
			}
		})
	}
}

// TestCompressedAnswer: a gRPC server may compress its answer as the request was.
func TestCompressedAnswer(t *testing.T) {
	for name, compression := range map[string]otlp.Compression{"gzip": otlp.GzipCompression, "zstd": otlp.ZstdCompression} {
		for _, damaged := range []bool{false, true} {
			err := exportOnce(t, otlp.WithProtocol(otlp.GRPC), func(w http.ResponseWriter, r *http.Request) {
				var b bytes.Buffer
				var z io.WriteCloser = gzip.NewWriter(&b)
				if name == "zstd" {
					z, _ = zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
				}
				_, _ = z.Write(partialSuccess(3, "too old"))
				_ = z.Close()
				message := b.Bytes()
				if damaged {
					message = message[:len(message)/2]
				}
				w.Header().Set("Content-Type", "application/grpc")
				w.Header().Set("Grpc-Encoding", r.Header.Get("Grpc-Encoding"))
				_, _ = w.Write(append(binary.BigEndian.AppendUint32([]byte{1}, uint32(len(message))), message...))
				w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
			}, otlp.WithCompression(compression))
			var partial otlp.PartialSuccess
			if !errors.As(err, &partial) || (partial.RejectedItems == 3) == damaged {
				t.Errorf("%s, damaged %v: %v", name, damaged, err)
			}
		}
	}
}

// TestNotGRPCWithRetryAfter: a proxy's 503 may say how long to wait.
func TestNotGRPCWithRetryAfter(t *testing.T) {
	err := exportOnce(t, otlp.WithProtocol(otlp.GRPC), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	var refused *otlp.GRPCError
	if !errors.As(err, &refused) || refused.Code != 14 || refused.RetryDelay != 3*time.Second {
		t.Errorf("got %v, %+v", err, refused)
	}
}

// TestReceiverWithoutHTTP2: there is no gRPC without it.
func TestReceiverWithoutHTTP2(t *testing.T) {
	a, caFile := newAuthority(t)
	setEnvironment(t, map[string]string{"CERTIFICATE": caFile})
	for _, secure := range []bool{false, true} {
		rec := newReceiver(t, nil, func(s *httptest.Server) {
			s.Config.Protocols = nil
			if secure {
				cert, err := tls.X509KeyPair(a.sign(t, "receiver"))
				if err != nil {
					t.Fatal(err)
				}
				s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}}
				s.StartTLS()
			} else {
				setEnvironment(t, nil)
			}
		})
		e := newExporter(t, otlp.WithProtocol(otlp.GRPC), otlp.WithEndpointURL(rec.URL), once(), otlp.WithTimeout(5*time.Second))
		err := e.Export(t.Context(), textRecords(t, "x"))
		t.Log(err)
		if err == nil {
			t.Errorf("TLS %v: no error", secure)
		}
		setEnvironment(t, map[string]string{"CERTIFICATE": caFile})
	}
}
