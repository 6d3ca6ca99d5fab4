package exporterr

import (
	"context"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// kindClass classifies an error by its type or value.
func kindClass(err error) (Class, bool) {
	switch err { //nolint:errorlint // walk unwraps
	case context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed:
		return Transient, true
	case sdklog.ErrExporterShutdown:
		return Permanent, true
	}
	if slices.Contains(unreachable, err) {
		return Transient, true
	}
	switch e := err.(type) { //nolint:errorlint // walk unwraps
	case *net.DNSError: // also for a name that does not exist yet
		return Transient, true
	case *net.OpError:
		return Transient, !malformed(e.Err)
	}
	if e, ok := err.(interface{ Timeout() bool }); ok && e.Timeout() {
		return Transient, true
	}
	if e, ok := err.(interface{ Temporary() bool }); ok && e.Temporary() {
		return Transient, true
	}
	if v := reflect.Indirect(reflect.ValueOf(err)); v.IsValid() && strings.HasPrefix(v.Type().PkgPath(), "crypto/") {
		return Transient, true // an expired certificate is renewed sooner or later
	}
	return Unknown, false
}

// permanent reports whether the error says by itself that no attempt will succeed.
func permanent(err error) bool {
	e, ok := err.(interface{ Permanent() bool })
	return ok && e.Permanent()
}

// malformed reports whether no connection was tried because the address is invalid.
func malformed(err error) bool {
	switch err.(type) { //nolint:errorlint // net.OpError wraps it directly
	case *net.AddrError, *net.ParseError, net.UnknownNetworkError, net.InvalidAddrError:
		return true
	default:
		return false
	}
}
