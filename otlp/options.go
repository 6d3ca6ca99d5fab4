package otlp

import (
	"crypto/tls"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Option changes how [New] makes an [Exporter]. Of several that set the same thing the
// last one counts. An option counts more than an environment variable.
type Option interface{ apply(c *config) }

type option func(c *config)

func (f option) apply(c *config) { f(c) }

// Protocol is how records are sent.
type Protocol int

const (
	// HTTPProtobuf is OTLP/HTTP with protobuf, the default. Its usual port is 4318.
	HTTPProtobuf Protocol = iota
	// GRPC is OTLP/gRPC. Its usual port is 4317.
	GRPC
)

// String returns the protocol as the variables have it: "http/protobuf" or "grpc".
func (p Protocol) String() string {
	switch p {
	case HTTPProtobuf:
		return "http/protobuf"
	case GRPC:
		return "grpc"
	default:
		return "Protocol(" + strconv.Itoa(int(p)) + ")"
	}
}

// WithProtocol sets the protocol.
//
// Without it OTEL_EXPORTER_OTLP_LOGS_PROTOCOL and then OTEL_EXPORTER_OTLP_PROTOCOL
// count: "http/protobuf" or "grpc". The default is [HTTPProtobuf].
func WithProtocol(p Protocol) Option {
	return option(func(c *config) { c.protocol.set(p) })
}

// WithEndpoint sets the host, and perhaps the port, of the receiver, without a scheme
// or a path: "collector:4318". The connection is with TLS unless [WithInsecure] is
// given or an endpoint in the environment has the scheme http. WithEndpoint and
// [WithEndpointURL] replace each other's host.
//
// Without either, the endpoint is that of OTEL_EXPORTER_OTLP_LOGS_ENDPOINT, a URL used
// as it is, and then that of OTEL_EXPORTER_OTLP_ENDPOINT, a URL to whose path /v1/logs
// is appended. A URL must have the scheme http or https. The default is
// http://localhost:4318, and http://localhost:4317 over gRPC.
func WithEndpoint(hostPort string) Option {
	return option(func(c *config) { c.setHost("WithEndpoint", hostPort) })
}

// WithEndpointURL sets the URL of the receiver, used as it is: scheme http or https,
// host, perhaps port and path. Over HTTP a URL without a path means the path "/". Over
// gRPC the path is without effect.
func WithEndpointURL(u string) Option {
	return option(func(c *config) { c.setURL("WithEndpointURL", u) })
}

// WithURLPath sets the path of the receiver's URL. It has no effect over gRPC, which
// has a fixed one.
//
// Without it the path is that of the endpoint's URL: see [WithEndpoint]. The default
// is /v1/logs.
func WithURLPath(urlPath string) Option {
	return option(func(c *config) { c.path.set(urlPath) })
}

// WithInsecure turns TLS off. Together with [WithTLSClientConfig], or with a
// certificate in the environment, it is an error.
//
// Without it the scheme of the endpoint counts, and for an endpoint that has none
// OTEL_EXPORTER_OTLP_LOGS_INSECURE and then OTEL_EXPORTER_OTLP_INSECURE: "true" or
// "false". The default is TLS, but not for the default endpoint.
func WithInsecure() Option {
	return option(func(c *config) { c.insecure.set(true) })
}

// WithHeaders sets headers for every request, which over gRPC are its metadata. What
// the protocol sets itself cannot be replaced, but for User-Agent. Names are no
// secret and stand in errors, values do not.
//
// Without it OTEL_EXPORTER_OTLP_LOGS_HEADERS and then OTEL_EXPORTER_OTLP_HEADERS
// count: "name=value,name=value", with values percent-encoded. The default is none.
func WithHeaders(headers map[string]string) Option {
	headers = maps.Clone(headers)
	return option(func(c *config) { c.headers.set(headers) })
}

// WithTimeout bounds one attempt, from the connection to the end of the answer. 0 and
// less is no bound but that of the context.
//
// Without it OTEL_EXPORTER_OTLP_LOGS_TIMEOUT and then OTEL_EXPORTER_OTLP_TIMEOUT
// count, in milliseconds. The default is 10 s.
func WithTimeout(d time.Duration) Option {
	return option(func(c *config) { c.timeout.set(d) })
}

// Compression is how requests are compressed.
type Compression int

const (
	// NoCompression is the default.
	NoCompression Compression = iota
	// GzipCompression is understood by every receiver. Its level is a fast one: the
	// requests are up to a fifth larger than those of OpenTelemetry's exporters.
	GzipCompression
	// ZstdCompression is a little smaller at about the same cost, and the Collector
	// understands it. A receiver that refuses it, with the status 415 or UNIMPLEMENTED,
	// gets its requests uncompressed from then on, which is reported once to the global
	// error handler.
	ZstdCompression
)

// String returns the compression as the variables have it: "none", "gzip" or "zstd".
func (c Compression) String() string {
	switch c {
	case NoCompression:
		return "none"
	case GzipCompression:
		return "gzip"
	case ZstdCompression:
		return "zstd"
	default:
		return "Compression(" + strconv.Itoa(int(c)) + ")"
	}
}

// WithCompression sets the compression of requests.
//
// Without it OTEL_EXPORTER_OTLP_LOGS_COMPRESSION and then
// OTEL_EXPORTER_OTLP_COMPRESSION count: "gzip" or "none". The specification has no
// other value for them. The default is [NoCompression].
func WithCompression(compression Compression) Option {
	return option(func(c *config) { c.compression.set(compression) })
}

// WithTLSClientConfig sets how TLS is done. The configuration is copied. A nil one
// counts as none.
//
// Without it OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE names a PEM file with the
// certificates that sign the receiver's, and OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE
// and OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY the files of the client's own. Each has a
// second name without LOGS_. The client's files are read again when they have changed;
// the last good pair stays in use while they do not fit together. The default is the
// system's certificates, and no client certificate.
func WithTLSClientConfig(tlsConfig *tls.Config) Option {
	tlsConfig = tlsConfig.Clone()
	return option(func(c *config) { c.tls = tlsConfig })
}

// WithHTTPClient sets the client that sends the requests. It is used as it is, so
// [WithTLSClientConfig], [WithProxy], and the variables for certificates have no
// effect. Its own connections are left alone at Shutdown. Over gRPC its transport must
// speak HTTP/2, without TLS as well if the endpoint is insecure.
func WithHTTPClient(client *http.Client) Option {
	return option(func(c *config) { c.client = client })
}

// WithProxy sets the function that chooses the proxy for a request. It returns nil for
// none. The default is [http.ProxyFromEnvironment]: the variables HTTPS_PROXY,
// HTTP_PROXY and NO_PROXY.
//
// Over gRPC the connection is a tunnel through the proxy, also without TLS. As in
// grpc-go the function is asked for a URL with the scheme https then, so the variable
// is HTTPS_PROXY. Without TLS such a proxy must be one for HTTP, not SOCKS.
func WithProxy(proxy func(*http.Request) (*url.URL, error)) Option {
	return option(func(c *config) { c.proxy = proxy })
}

// RetryConfig says how Export tries again after a failure that may pass. Where the
// receiver asks to wait longer, it waits as long.
type RetryConfig struct {
	// Enabled switches it on.
	Enabled bool
	// InitialInterval is the first pause, 0 is 5 s. The next ones grow by half each,
	// and every one is varied at random by up to a half.
	InitialInterval time.Duration
	// MaxInterval is the longest pause before it is varied, 0 is 30 s.
	MaxInterval time.Duration
	// MaxElapsedTime bounds the whole: no attempt starts later than this after the
	// first. 0 is no bound but that of the context.
	MaxElapsedTime time.Duration
}

// WithRetry sets how Export tries again. It does not concern ExportEncoded, which
// leaves that to its caller: with the processor of this module the retries are the
// processor's.
//
// The default is 5 s, 30 s and 1 min, as in OpenTelemetry's exporters. The pauses end
// when the context or the exporter does.
func WithRetry(retry RetryConfig) Option {
	return option(func(c *config) { c.retry = retry })
}
