package otlp

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

// environment reads OTEL_EXPORTER_OTLP_LOGS_* and OTEL_EXPORTER_OTLP_*. A variable
// that is empty counts as not set, which is OpenTelemetry's rule.
type environment struct {
	lookup func(string) (string, bool)
	errs   *[]error
}

// get returns the value of the variable for logs, or else of the one for all signals,
// and its name.
func (e environment) get(name string) (key, value string, ok bool) {
	for _, prefix := range []string{"OTEL_EXPORTER_OTLP_LOGS_", "OTEL_EXPORTER_OTLP_"} {
		key = prefix + name
		if value, ok := e.lookup(key); ok && value != "" {
			return key, value, true
		}
	}
	return "", "", false
}

func (e environment) fail(key, value, want string) {
	*e.errs = append(*e.errs, fmt.Errorf("otlp: %s: %q: want %s", key, value, want))
}

// readEnvironment sets what the options have not set. Only then is a variable looked
// at, so a bad one does no harm where it does not count.
func (c *config) readEnvironment(e environment) {
	if !c.protocol.isSet {
		c.readProtocol(e)
	}
	c.readEndpoint(e)
	if key, value, ok := e.get("INSECURE"); ok && !c.insecure.isSet {
		switch strings.ToLower(value) {
		case "true":
			c.insecure.set(true)
		case "false":
			c.insecure.set(false)
		default:
			e.fail(key, value, "true or false")
		}
	}
	if key, value, ok := e.get("HEADERS"); ok && !c.headers.isSet {
		c.headers.set(e.parseHeaders(key, value))
	}
	if key, value, ok := e.get("TIMEOUT"); ok && !c.timeout.isSet {
		const most = int64(1<<63-1) / int64(time.Millisecond)
		if ms, err := strconv.ParseInt(value, 10, 64); err != nil || ms < 0 || ms > most {
			e.fail(key, value, "a number of milliseconds")
		} else {
			c.timeout.set(time.Duration(ms) * time.Millisecond)
		}
	}
	if key, value, ok := e.get("COMPRESSION"); ok && !c.compression.isSet {
		switch value {
		case "none":
			c.compression.set(NoCompression)
		case "gzip":
			c.compression.set(GzipCompression)
		default:
			e.fail(key, value, "gzip or none")
		}
	}
	if c.tls == nil && c.client == nil {
		c.tls = e.readTLS()
	}
}

func (c *config) readProtocol(e environment) {
	switch key, value, _ := e.get("PROTOCOL"); value {
	case "":
	case "http/protobuf":
		c.protocol.set(HTTPProtobuf)
	case "grpc":
		c.protocol.set(GRPC)
	case "http/json":
		e.fail(key, value, "http/protobuf or grpc; http/json is not supported")
	default:
		e.fail(key, value, "http/protobuf or grpc")
	}
}

// readEndpoint sets host, path and security, each only if it is not set: as in
// OpenTelemetry's exporters the scheme of an endpoint in the environment counts for a
// host in code, too.
func (c *config) readEndpoint(e environment) {
	key, value, ok := e.get("ENDPOINT")
	if !ok || c.host.isSet && c.path.isSet && c.insecure.isSet {
		return
	}
	u, ok := c.parseURL(key, value)
	if !ok {
		return
	}
	urlPath := pathOf(u)
	if key == "OTEL_EXPORTER_OTLP_ENDPOINT" {
		urlPath = path.Join("/", u.Path, "v1/logs")
	}
	if !c.host.isSet {
		c.query = u.RawQuery
	}
	c.host.setDefault(u.Host)
	c.path.setDefault(urlPath)
	c.insecure.setDefault(u.Scheme == "http")
}

// parseHeaders reads name=value,name=value. The errors show no value.
func (e environment) parseHeaders(key, list string) map[string]string {
	headers := make(map[string]string)
	for pair := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, escaped, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(escaped)
		switch {
		case !ok:
			*e.errs = append(*e.errs, fmt.Errorf("otlp: %s: a pair without =: want name=value,name=value", key))
		case !isToken(name) || err != nil:
			*e.errs = append(*e.errs, fmt.Errorf("otlp: %s: the pair of %q: "+
				"want name=value,name=value, with values percent-encoded", key, name))
		default:
			headers[name] = strings.TrimSpace(value)
		}
	}
	return headers
}

// readTLS returns the TLS configuration of the certificates that are named, nil if
// none is.
func (e environment) readTLS() *tls.Config {
	rootKey, rootFile, hasRoot := e.get("CERTIFICATE")
	certKey, certFile, hasCert := e.get("CLIENT_CERTIFICATE")
	keyKey, keyFile, hasKey := e.get("CLIENT_KEY")
	if !hasRoot && !hasCert && !hasKey {
		return nil
	}
	var c tls.Config
	if hasRoot {
		pool, err := readCertPool(rootFile)
		if err != nil {
			*e.errs = append(*e.errs, fmt.Errorf("otlp: %s: %q: want a PEM file with certificates: %w", rootKey, rootFile, err))
		}
		c.RootCAs = pool
	}
	switch {
	case hasCert && !hasKey:
		e.fail(certKey, certFile, "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY or OTEL_EXPORTER_OTLP_CLIENT_KEY set as well")
	case hasKey && !hasCert:
		e.fail(keyKey, keyFile,
			"OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE or OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE set as well")
	case hasCert && hasKey:
		pair, err := newKeyPair(certFile, keyFile)
		if err != nil {
			*e.errs = append(*e.errs, fmt.Errorf("otlp: %s and %s: %q and %q: want a certificate and its key in PEM: %w",
				certKey, keyKey, certFile, keyFile, err))
			break
		}
		c.GetClientCertificate = pair.get
	}
	return &c
}
