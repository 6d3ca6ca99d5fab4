package otlp

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// setHost sets the receiver's host and port. source names where it comes from.
func (c *config) setHost(source, hostPort string) {
	u, err := url.Parse("http://" + hostPort)
	if err == nil && (u.Host != hostPort || u.Hostname() == "") {
		err = errors.New("not a host")
	}
	if err == nil {
		err = checkPort(u)
	}
	if err != nil {
		c.fail("%s: %q: want host:port, without a scheme and a path: WithEndpointURL takes a whole URL",
			source, printable(hostPort))
		return
	}
	c.host.set(hostPort)
}

// setURL sets the receiver's URL, which is used as it is.
func (c *config) setURL(source, value string) {
	u, ok := c.parseURL(source, value)
	if !ok {
		return
	}
	c.host.set(u.Host)
	c.insecure.set(u.Scheme == "http")
	c.path.set(pathOf(u))
	c.query = u.RawQuery
}

// parseURL reads the URL of an endpoint.
func (c *config) parseURL(source, value string) (*url.URL, bool) {
	const want = "want http://host:port or https://host:port"
	u, err := url.Parse(value)
	scheme, _, hasScheme := strings.Cut(value, "://")
	switch {
	case isResolverTarget(value):
		c.fail("%s: %q: unix sockets and resolver targets are not supported: %s", source, printable(value), want)
	case !hasScheme:
		c.fail("%s: %q has no scheme: %s", source, printable(value), want)
	case err == nil && u.Scheme != "http" && u.Scheme != "https":
		c.fail("%s: %q: the scheme %s is not supported: %s", source, printable(value), scheme, want)
	case err != nil || u.Hostname() == "" || u.Opaque != "" || checkPort(u) != nil:
		c.fail("%s: %q is not a URL with a host: %s", source, printable(value), want)
	case u.User != nil:
		c.fail("%s: %q: credentials in a URL are not supported: send them as a header", source, printable(value))
	default:
		return u, true
	}
	return nil, false
}

// isResolverTarget reports whether the value is one of the targets that grpc-go
// knows besides a host and port.
func isResolverTarget(value string) bool {
	for _, scheme := range []string{"unix:", "unix-abstract:", "vsock:", "dns:", "passthrough:", "xds:", "ipv4:", "ipv6:"} {
		if rest, ok := strings.CutPrefix(value, scheme); ok {
			_, err := strconv.Atoi(rest) // dns:4317 is a host without a scheme
			return err != nil
		}
	}
	return false
}

func checkPort(u *url.URL) error {
	if port := u.Port(); port != "" {
		_, err := strconv.ParseUint(port, 10, 16)
		return err
	}
	return nil
}

// pathOf returns the path of a URL that is used as it is.
func pathOf(u *url.URL) string {
	if u.Path == "" {
		return "/"
	}
	return u.Path
}

// printable returns an endpoint as it may stand in an error: without a password and
// without a query, which may hold a token.
func printable(value string) string {
	value, _, _ = strings.Cut(value, "?")
	if at := strings.LastIndex(value, "@"); at >= 0 {
		scheme, _, ok := strings.Cut(value[:at], "://")
		if !ok {
			return "xxxxx" + value[at:]
		}
		return scheme + "://xxxxx" + value[at:]
	}
	return value
}
