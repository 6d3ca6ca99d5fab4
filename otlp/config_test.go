package otlp_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/otlp"
)

// setEnvironment sets variables without their common beginning, and unsets the others.
func setEnvironment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "OTEL_EXPORTER_OTLP_") {
			t.Setenv(name, "")
		}
	}
	for name, value := range variables {
		t.Setenv("OTEL_EXPORTER_OTLP_"+name, value)
	}
}

// seenRequest is what a transport sees of an export.
type seenRequest struct {
	*http.Request
	timeout time.Duration
}

// exportThrough returns the request that an exporter with the options makes.
func exportThrough(t *testing.T, opts ...otlp.Option) seenRequest {
	t.Helper()
	var seen seenRequest
	client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		seen.Request = r
		if deadline, ok := r.Context().Deadline(); ok {
			seen.timeout = time.Until(deadline)
		}
		header := http.Header{}
		if r.Header.Get("Content-Type") == "application/grpc" {
			header = http.Header{"Grpc-Status": {"0"}}
		}
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: header, Request: r}, nil
	})}
	e := newExporter(t, append(opts, otlp.WithHTTPClient(client), once())...)
	b, _ := textBatch(t, strings.Repeat("x", 1000))
	if err := e.ExportEncoded(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return seen
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

const grpcPath = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"

// TestEndpoint: options before LOGS_ENDPOINT before ENDPOINT before the default, and
// the rules for paths.
func TestEndpoint(t *testing.T) {
	grpc := otlp.WithProtocol(otlp.GRPC)
	for _, tc := range []struct {
		name string
		env  map[string]string
		opts []otlp.Option
		want string
	}{
		{"default", nil, nil, "http://localhost:4318/v1/logs"},
		{"default grpc", nil, []otlp.Option{grpc}, "http://localhost:4317" + grpcPath},
		{"default with TLS", nil, []otlp.Option{otlp.WithTLSClientConfig(&tls.Config{})}, "https://localhost:4318/v1/logs"},
		{"host", nil, []otlp.Option{otlp.WithEndpoint("h:1")}, "https://h:1/v1/logs"},
		{"host without port", nil, []otlp.Option{otlp.WithEndpoint("[::1]")}, "https://[::1]/v1/logs"},
		{"insecure host", nil, []otlp.Option{otlp.WithEndpoint("h:1"), otlp.WithInsecure()}, "http://h:1/v1/logs"},
		{"host and path", nil, []otlp.Option{otlp.WithEndpoint("h:1"), otlp.WithURLPath("/x")}, "https://h:1/x"},
		{"URL", nil, []otlp.Option{otlp.WithEndpointURL("http://h:1/a/b?c=d")}, "http://h:1/a/b?c=d"},
		{"URL without path", nil, []otlp.Option{otlp.WithEndpointURL("https://h")}, "https://h/"},
		{"the last option counts", nil, []otlp.Option{otlp.WithEndpointURL("http://h:1/a"), otlp.WithEndpoint("i:2")}, "http://i:2/a"},
		{"grpc URL", nil, []otlp.Option{grpc, otlp.WithEndpointURL("https://h:1/a"), otlp.WithURLPath("/b")}, "https://h:1" + grpcPath},
		{"general variable", map[string]string{"ENDPOINT": "http://e:1"}, nil, "http://e:1/v1/logs"},
		{"general variable with path", map[string]string{"ENDPOINT": "https://e:1/a/"}, nil, "https://e:1/a/v1/logs"},
		{"logs variable", map[string]string{"ENDPOINT": "http://e:1", "LOGS_ENDPOINT": "https://l:2"}, nil, "https://l:2/"},
		{"logs variable with path", map[string]string{"LOGS_ENDPOINT": "http://l:2/x?k=v"}, nil, "http://l:2/x?k=v"},
		{"grpc variable", map[string]string{"ENDPOINT": "http://e:1/a", "PROTOCOL": "grpc"}, nil, "http://e:1" + grpcPath},
		{
			"option before variable",
			map[string]string{"LOGS_ENDPOINT": "http://l:2/x"},
			[]otlp.Option{otlp.WithEndpointURL("https://h:1/y")},
			"https://h:1/y",
		},
		{
			"as in OpenTelemetry's exporters",
			map[string]string{"LOGS_ENDPOINT": "http://l:2/x"},
			[]otlp.Option{otlp.WithEndpoint("h:1")},
			"http://h:1/x",
		},
		{"insecure variable", map[string]string{"INSECURE": "TRUE"}, []otlp.Option{otlp.WithEndpoint("h:1")}, "http://h:1/v1/logs"},
		{
			"logs insecure variable",
			map[string]string{"INSECURE": "true", "LOGS_INSECURE": "false"},
			[]otlp.Option{otlp.WithEndpoint("h:1")},
			"https://h:1/v1/logs",
		},
		{"the scheme before the variable", map[string]string{"INSECURE": "true", "ENDPOINT": "https://e:1"}, nil, "https://e:1/v1/logs"},
		{"empty is not set", map[string]string{"LOGS_ENDPOINT": "", "ENDPOINT": "http://e:1"}, nil, "http://e:1/v1/logs"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			setEnvironment(t, tc.env)
			if got := exportThrough(t, tc.opts...).URL.String(); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// TestVariables: each has a name for logs, which counts more, and an option, which
// counts most.
func TestVariables(t *testing.T) {
	setEnvironment(t, map[string]string{
		"HEADERS": "a=general", "LOGS_HEADERS": " api-key = s%2Cp ,b=two=2,",
		"TIMEOUT": "1", "LOGS_TIMEOUT": "60000",
		"COMPRESSION": "none", "LOGS_COMPRESSION": "gzip",
		"PROTOCOL": "nonsense", "LOGS_PROTOCOL": "http/protobuf",
	})
	r := exportThrough(t)
	if r.Header.Get("Api-Key") != "s,p" || r.Header.Get("B") != "two=2" || r.Header.Get("A") != "" {
		t.Errorf("headers %v", r.Header)
	}
	if r.timeout < 50*time.Second || r.timeout > 60*time.Second {
		t.Errorf("timeout %v", r.timeout)
	}
	if r.Header.Get("Content-Encoding") != "gzip" || r.ContentLength > 500 {
		t.Errorf("encoding %q, %d bytes", r.Header.Get("Content-Encoding"), r.ContentLength)
	}

	r = exportThrough(t, otlp.WithHeaders(map[string]string{"c": "3", "Content-Type": "text/plain"}),
		otlp.WithTimeout(0), otlp.WithCompression(otlp.NoCompression), otlp.WithProtocol(otlp.GRPC))
	if r.Header.Get("B") != "" || r.Header.Get("C") != "3" || r.timeout != 0 || r.Header.Get("Grpc-Encoding") != "" {
		t.Errorf("headers %v, timeout %v", r.Header, r.timeout)
	}
	if r.Header.Get("Content-Type") != "application/grpc" || r.Header.Get("Te") != "trailers" {
		t.Errorf("headers %v", r.Header)
	}
}

// TestOptionHidesBadVariable: what does not count does no harm.
func TestOptionHidesBadVariable(t *testing.T) {
	setEnvironment(t, map[string]string{"PROTOCOL": "x", "TIMEOUT": "x", "COMPRESSION": "x", "INSECURE": "x", "HEADERS": "x"})
	exportThrough(t, otlp.WithProtocol(otlp.HTTPProtobuf), otlp.WithTimeout(time.Second),
		otlp.WithCompression(otlp.GzipCompression), otlp.WithInsecure(), otlp.WithHeaders(nil))
}

// TestBadValues: an error names the variable or the option, the value, and what is
// allowed.
func TestBadValues(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing")
	const scheme = "want http://host:port or https://host:port"
	for _, tc := range []struct {
		env  map[string]string
		opts []otlp.Option
		want []string
	}{
		{map[string]string{"ENDPOINT": "collector:4318"}, nil, []string{"OTEL_EXPORTER_OTLP_ENDPOINT", `"collector:4318"`, "no scheme", scheme}},
		{map[string]string{"LOGS_ENDPOINT": "127.0.0.1:4318"}, nil, []string{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "no scheme", scheme}},
		{map[string]string{"ENDPOINT": "unix:///run/otel.sock"}, nil, []string{"unix sockets and resolver targets are not supported", scheme}},
		{map[string]string{"ENDPOINT": "unix:run/otel.sock"}, nil, []string{"unix sockets and resolver targets are not supported"}},
		{map[string]string{"ENDPOINT": "dns:///collector:4317"}, nil, []string{`"dns:///collector:4317"`, "resolver targets"}},
		{map[string]string{"ENDPOINT": "ftp://h"}, nil, []string{"ftp", "not supported", scheme}},
		{map[string]string{"ENDPOINT": "http://"}, nil, []string{"not a URL with a host", scheme}},
		{map[string]string{"ENDPOINT": "http://h:99999"}, nil, []string{"not a URL with a host"}},
		{map[string]string{"ENDPOINT": "https://user:secret@h"}, nil, []string{"credentials in a URL are not supported", "xxxxx@h"}},
		{map[string]string{"PROTOCOL": "http/json"}, nil, []string{"OTEL_EXPORTER_OTLP_PROTOCOL", `"http/json"`, "http/json is not supported", "grpc"}},
		{map[string]string{"LOGS_PROTOCOL": "udp"}, nil, []string{"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", `"udp"`, "http/protobuf or grpc"}},
		{map[string]string{"COMPRESSION": "zstd"}, nil, []string{"OTEL_EXPORTER_OTLP_COMPRESSION", `"zstd"`, "gzip or none"}},
		{map[string]string{"TIMEOUT": "10s"}, nil, []string{"OTEL_EXPORTER_OTLP_TIMEOUT", `"10s"`, "milliseconds"}},
		{map[string]string{"TIMEOUT": "-1"}, nil, []string{`"-1"`}},
		{map[string]string{"INSECURE": "yes"}, []otlp.Option{otlp.WithEndpoint("h")}, []string{"OTEL_EXPORTER_OTLP_INSECURE", `"yes"`, "true or false"}},
		{map[string]string{"HEADERS": "a=1,secret"}, nil, []string{"OTEL_EXPORTER_OTLP_HEADERS", "without =", "name=value"}},
		{map[string]string{"HEADERS": "a b=secret"}, nil, []string{"OTEL_EXPORTER_OTLP_HEADERS", `"a b"`}},
		{map[string]string{"HEADERS": "ab=secret%zz"}, nil, []string{"OTEL_EXPORTER_OTLP_HEADERS", `"ab"`, "percent-encoded"}},
		{map[string]string{"CERTIFICATE": missing}, nil, []string{"OTEL_EXPORTER_OTLP_CERTIFICATE", missing, "PEM", "no such file"}},
		{map[string]string{"LOGS_CERTIFICATE": text}, nil, []string{"OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "no certificate in it"}},
		{map[string]string{"CLIENT_CERTIFICATE": text}, nil, []string{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "CLIENT_KEY set as well"}},
		{map[string]string{"CLIENT_KEY": text}, nil, []string{"OTEL_EXPORTER_OTLP_CLIENT_KEY", "CLIENT_CERTIFICATE set as well"}},
		{
			map[string]string{"CLIENT_CERTIFICATE": text, "LOGS_CLIENT_KEY": missing},
			nil,
			[]string{"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", text, missing},
		},
		{map[string]string{"PROTOCOL": "x", "TIMEOUT": "y"}, nil, []string{`"x"`, `"y"`}}, // all at once

		{nil, []otlp.Option{otlp.WithEndpoint("http://h:1")}, []string{"WithEndpoint", `"http://h:1"`, "host:port", "WithEndpointURL"}},
		{nil, []otlp.Option{otlp.WithEndpoint("")}, []string{"WithEndpoint"}},
		{nil, []otlp.Option{otlp.WithEndpoint("h:port")}, []string{"WithEndpoint", "h:port"}},
		{nil, []otlp.Option{otlp.WithEndpointURL("h:1")}, []string{"WithEndpointURL", `"h:1"`, "no scheme"}},
		{nil, []otlp.Option{otlp.WithURLPath("v1/logs")}, []string{"WithURLPath", `"v1/logs"`, "begins with /"}},
		{nil, []otlp.Option{otlp.WithProtocol(7)}, []string{"WithProtocol", "7", "HTTPProtobuf or GRPC"}},
		{nil, []otlp.Option{otlp.WithCompression(7)}, []string{"WithCompression", "7", "GzipCompression"}},
		{nil, []otlp.Option{otlp.WithHeaders(map[string]string{"a:b": "secret"})}, []string{`"a:b"`}},
		{nil, []otlp.Option{otlp.WithHeaders(map[string]string{"a": "secret\n"})}, []string{`"a"`, "control characters"}},
		{nil, []otlp.Option{otlp.WithInsecure(), otlp.WithTLSClientConfig(&tls.Config{})}, []string{"without TLS", "TLS configuration"}},
		{nil, []otlp.Option{otlp.WithRetry(otlp.RetryConfig{Enabled: true, MaxInterval: -1})}, []string{"WithRetry", "negative"}},
	} {
		setEnvironment(t, tc.env)
		e, err := otlp.New(context.Background(), tc.opts...)
		if err == nil || e != nil {
			t.Errorf("%v: no error", tc.env)
			continue
		}
		missing := slices.DeleteFunc(slices.Clone(tc.want), func(s string) bool { return strings.Contains(err.Error(), s) })
		if len(missing) > 0 {
			t.Errorf("%v: %v\nwithout %q", tc.env, err, missing)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%v: the error shows a secret: %v", tc.env, err)
		}
		for name := range tc.env {
			t.Setenv("OTEL_EXPORTER_OTLP_"+name, "")
		}
	}
}

// TestOptionsKeepNothing: maps and configurations that the caller changes later are
// not those in use.
func TestOptionsKeepNothing(t *testing.T) {
	setEnvironment(t, nil)
	headers := map[string]string{"a": "1"}
	opt := otlp.WithHeaders(headers)
	headers["a"] = "2"
	if got := exportThrough(t, opt).Header.Get("A"); got != "1" {
		t.Errorf("header %q, want the one at the call", got)
	}
}

// TestString: the exporter says where it sends to, and no secret.
func TestString(t *testing.T) {
	setEnvironment(t, nil)
	for want, opts := range map[string][]otlp.Option{
		"OTLP over http/protobuf to http://localhost:4318/v1/logs": nil,
		"OTLP over http/protobuf to https://h/x":                   {otlp.WithEndpointURL("https://h/x?token=secret")},
		"OTLP over grpc to http://localhost:4317":                  {otlp.WithProtocol(otlp.GRPC)},
	} {
		if got := newExporter(t, opts...).String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := otlp.ZstdCompression.String() + otlp.Compression(9).String() + otlp.Protocol(9).String(); got != "zstdCompression(9)Protocol(9)" {
		t.Errorf("got %q", got)
	}
}

// TestBinaryMetadata: gRPC wants it in base64.
func TestBinaryMetadata(t *testing.T) {
	setEnvironment(t, nil)
	r := exportThrough(t, otlp.WithProtocol(otlp.GRPC), otlp.WithHeaders(map[string]string{"id-bin": "\x80\x81\x82", "host": "other"}))
	if got := r.Header.Get("Id-Bin"); got != "gIGC" || r.Host != "other" {
		t.Errorf("metadata %q, host %q", got, r.Host)
	}
}
