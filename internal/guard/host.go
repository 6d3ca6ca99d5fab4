package guard

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/krunchwrapper/asynclog/internal/foreigntext"
)

// hosts are the names under which a handler may be requested, besides localhost, its
// subdomains, and IP addresses.
type hosts map[string]bool

// newHosts returns the given names, and an error for each that is not a host name. A
// port, a scheme and a path are ignored.
func newHosts(names []string) (h hosts, errs []error) {
	h = make(hosts)
	for _, given := range names {
		_, rest, found := strings.Cut(given, "://")
		if !found {
			rest = given
		}
		rest, _, _ = strings.Cut(rest, "/")
		name, ok := split(rest)
		if !ok {
			errs = append(errs, fmt.Errorf("asynclog: %s is not a host name; allowed: a name such as ops.example.com, in ASCII and without wildcards",
				foreigntext.Quote(given, maxQuoted)))
			continue
		}
		h[name] = true
	}
	return h, errs
}

// maxQuoted is how much of a header an answer repeats.
const maxQuoted = 128

// check returns an error if the request does not name a host that is allowed. Only
// the Host header counts: what X-Forwarded-Host says, a web page can say as well.
// call is what allows a name, with %s where the name stands.
func (h hosts) check(r *http.Request, call string) error {
	name, ok := split(r.Host)
	if ok && h.allow(name) {
		return nil
	}
	what := "a request without a host"
	if r.Host != "" {
		what = "the host " + foreigntext.Quote(r.Host, maxQuoted)
	}
	if !ok || len(name) > maxQuoted {
		name = "ops.example.com"
	}
	return fmt.Errorf("asynclog: %s is not allowed here; allowed are localhost, IP addresses, and names that the program allows with "+call,
		what, `"`+name+`"`)
}

// allow reports whether a name that split returned is allowed.
func (h hosts) allow(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || h[name] {
		return true
	}
	_, err := netip.ParseAddr(name)
	return err == nil
}

// checkOrigin returns an error if the request, whose host is allowed, comes from a web
// page of another origin.
//
// Both headers must agree where they are present. Sec-Fetch-Site is what the browser
// knows of the page. Origin has to be the host of the request, or, behind a proxy that
// writes its own Host header, one of the configured names, if the browser calls that
// the same origin.
func (h hosts) checkOrigin(r *http.Request) error {
	sites, origins := r.Header.Values("Sec-Fetch-Site"), r.Header.Values("Origin")
	same := len(sites) == 1 && sites[0] == "same-origin"
	if len(sites) > 1 || len(sites) == 1 && !same && sites[0] != "none" {
		return errOtherOrigin
	}
	if len(origins) == 0 {
		return nil
	}
	if len(origins) > 1 {
		return errOtherOrigin
	}
	u, err := url.Parse(origins[0])
	if err != nil || u.Host == "" {
		return errOtherOrigin // "null" is the origin of a page in a sandbox
	}
	if name, ok := split(u.Host); ok && (lower(u.Host) == lower(r.Host) || same && h[name]) {
		return nil
	}
	return errOtherOrigin
}

var errOtherOrigin = errors.New("asynclog: a web page of another origin may change nothing here; " +
	"allowed are pages of this server, and clients that send no Origin header")

// split returns the host of a Host header in lower case, without its port, the dot at
// its end and the brackets of an IPv6 address. It reports false for what is neither a
// name nor an address: a browser sends no such header.
func split(host string) (name string, ok bool) {
	if len(host) > 300 { // a name has at most 253 bytes
		return "", false
	}
	if rest, bracketed := strings.CutPrefix(host, "["); bracketed {
		name, port, closed := strings.Cut(rest, "]")
		addr, err := netip.ParseAddr(name)
		return name, closed && isPort(port) && err == nil && addr.Is6()
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		return host, addr.Zone() == "" // without brackets; the last group is no port
	}
	name, port, hasPort := strings.Cut(host, ":")
	if hasPort && !isPort(":"+port) {
		return "", false
	}
	name = lower(strings.TrimSuffix(name, "."))
	return name, isName(name)
}

func isPort(s string) bool {
	if s == "" {
		return true
	}
	digits, colon := strings.CutPrefix(s, ":")
	return colon && len(digits) <= 5 && strings.Trim(digits, "0123456789") == ""
}

// isName reports whether s may be a name in the DNS, or an IPv4 address.
func isName(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// lower converts ASCII only. Others have letters whose lower case is ASCII.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}
