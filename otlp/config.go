package otlp

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// config is what the options and the environment say.
type config struct {
	protocol    setting[Protocol]
	host        setting[string]
	path        setting[string] // of the URL, with its query
	query       string
	insecure    setting[bool]
	headers     setting[map[string]string]
	timeout     setting[time.Duration]
	compression setting[Compression]
	tls         *tls.Config // nil: the default
	client      *http.Client
	proxy       func(*http.Request) (*url.URL, error)
	retry       RetryConfig

	errs []error
}

// setting is a value that may not be set.
type setting[T any] struct {
	value T
	isSet bool
}

func (s *setting[T]) set(v T) { *s = setting[T]{v, true} }

// setDefault sets the value if it is not set.
func (s *setting[T]) setDefault(v T) {
	if !s.isSet {
		s.set(v)
	}
}

// newConfig returns what the options say, then the environment, then the defaults.
// The error names all that is wrong.
func newConfig(opts []Option, lookup func(string) (string, bool)) (*config, error) {
	c := &config{retry: defaultRetry}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	c.readEnvironment(environment{lookup, &c.errs})

	c.protocol.setDefault(HTTPProtobuf)
	if !c.host.isSet {
		c.host.set("localhost:4318")
		if c.protocol.value == GRPC {
			c.host.set("localhost:4317")
		}
		if c.tls == nil {
			c.insecure.setDefault(true)
		}
	}
	if c.protocol.value == GRPC {
		c.path.set(grpcPath)
		c.query = ""
	}
	c.path.setDefault("/v1/logs")
	c.insecure.setDefault(false)
	c.timeout.setDefault(10 * time.Second)
	c.compression.setDefault(NoCompression)
	if c.proxy == nil {
		c.proxy = http.ProxyFromEnvironment
	}
	c.check()
	return c, errors.Join(c.errs...)
}

// check finds what is wrong with the whole.
func (c *config) check() {
	if p := c.protocol.value; p != HTTPProtobuf && p != GRPC {
		c.fail("WithProtocol: %v: want HTTPProtobuf or GRPC", p)
	}
	if z := c.compression.value; z < NoCompression || z > ZstdCompression {
		c.fail("WithCompression: %v: want NoCompression, GzipCompression or ZstdCompression", z)
	}
	if c.insecure.value && c.tls != nil && c.client == nil {
		c.fail("the endpoint %s is without TLS, but there is a TLS configuration or a certificate: "+
			"want one of the two", c.url().Redacted())
	}
	if p := c.path.value; !strings.HasPrefix(p, "/") {
		c.fail("WithURLPath: %q: want a path that begins with /", p)
	}
	for name, value := range c.headers.value {
		if !isToken(name) {
			c.fail("header %q: want a name of letters, digits and -_.", name)
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			c.fail("header %q: want a value without control characters", name)
		}
	}
	r := c.retry
	if r.Enabled && (r.InitialInterval < 0 || r.MaxInterval < 0 || r.MaxElapsedTime < 0) {
		c.fail("WithRetry: %+v: want no negative duration", r)
	}
}

func (c *config) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("otlp: "+format, args...))
}

// url returns the URL of the requests.
func (c *config) url() *url.URL {
	u := &url.URL{Scheme: "https", Host: c.host.value, Path: c.path.value, RawQuery: c.query}
	if c.insecure.value {
		u.Scheme = "http"
	}
	return u
}

// request returns what every request begins as.
func (c *config) request() *http.Request {
	header := http.Header{"User-Agent": {"OTel-OTLP-Exporter-Go (asynclog)"}}
	host := ""
	for name, value := range c.headers.value {
		switch lower := strings.ToLower(name); {
		case lower == "host":
			host = value
		case c.protocol.value == GRPC && strings.HasSuffix(lower, "-bin"): // gRPC's form of binary metadata
			header.Set(name, base64.RawStdEncoding.EncodeToString([]byte(value)))
		default:
			header.Set(name, value)
		}
	}
	header.Del("Content-Encoding")
	header.Set("Content-Type", "application/x-protobuf")
	if c.protocol.value == GRPC {
		header.Set("Content-Type", "application/grpc")
		header.Set("Te", "trailers")
		header.Set("Grpc-Accept-Encoding", "gzip,zstd")
		header.Del("Grpc-Encoding")
	}
	return &http.Request{
		Method: http.MethodPost, URL: c.url(), Host: host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// isToken reports whether s may be the name of a header.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
