package processor

import (
	"context"
	"io"
	"net"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Classify tells what the error of an exporter means, by what it is, or wraps:
//
//   - a gRPC status: as OTLP's specification says, Canceled, DeadlineExceeded,
//     Aborted, OutOfRange, Unavailable and DataLoss are Transient, and
//     ResourceExhausted with a RetryInfo; InvalidArgument, Internal (which a message
//     that cannot be encoded is) and ResourceExhausted without a RetryInfo (which one
//     that is too large is) are Poisoned; Unknown is Unknown; all others, such as
//     Unauthenticated and PermissionDenied, are Permanent
//   - an HTTP status: as OTLP's specification says, 429, 502, 503 and 504 are
//     Transient; 400, 413, 422 and 500 are Poisoned; all others, such as 401 and 403,
//     are Permanent. It is found in errors with a method StatusCode or
//     HTTPStatusCode, and in those of otlploghttp
//   - a failed connection: refused, reset, closed, unreachable, timed out, its name
//     not found, its certificate not accepted: Transient
//   - a deadline that was exceeded, and whatever says of itself that it is a timeout
//     or temporary: Transient
//   - an exporter that was shut down: Permanent
//   - a request that is too large, or cannot be encoded: Poisoned
//
// Where an error wraps several, a status counts more than a failed connection, and
// then a Transient one more than others. All else is Unknown.
//
// It is the default of [RetryConfig].Classify.
func Classify(err error) Class {
	class, _ := classify(err)
	return class
}

// classify also returns how long the receiver asks to wait. An error that panics
// when it is looked at is Unknown.
func classify(err error) (class Class, hint time.Duration) {
	var best evidence
	defer func() {
		if recover() != nil {
			class, hint = Unknown, 0
		}
	}()
	eachError(err, func(err error) bool {
		e := examine(err)
		best.hint = max(best.hint, e.hint)
		if e.weight > best.weight || e.weight == best.weight && e.class == Transient {
			best.class, best.weight = e.class, e.weight
		}
		return false
	})
	return best.class, max(best.hint, 0)
}

// evidence is what one of the errors that an error is made of tells. The heavier
// counts.
type evidence struct {
	class  Class
	weight int // 0: nothing
	hint   time.Duration
}

const (
	byText   = iota + 1 // what it says
	byKind              // what it is
	byStatus            // what the receiver answered
)

// examine looks at one error and not at what it wraps.
func examine(err error) evidence {
	if class, hint, ok := grpcClass(err); ok {
		return evidence{class, byStatus, hint}
	}
	if code, ok := httpStatus(err); ok {
		return evidence{httpClass(code), byStatus, 0}
	}
	if hint, ok := retryableError(err); ok {
		return evidence{Transient, byKind, hint}
	}
	if class, ok := kindClass(err); ok {
		return evidence{class, byKind, 0}
	}
	if class, ok := textClass(err.Error()); ok {
		return evidence{class, byText, 0}
	}
	return evidence{}
}

// httpStatus returns the status of an answer that the error stands for. Nobody
// agrees on how to tell it.
func httpStatus(err error) (int, bool) {
	switch e := err.(type) { //nolint:errorlint // the walk is elsewhere
	case interface{ StatusCode() int }:
		return e.StatusCode(), true
	case interface{ HTTPStatusCode() int }:
		return e.HTTPStatusCode(), true
	}
	// That of otlploghttp, which has no other form.
	if m := httpStatusPattern.FindStringSubmatch(err.Error()); m != nil {
		code, err := strconv.Atoi(m[1])
		return code, err == nil
	}
	return 0, false
}

var httpStatusPattern = regexp.MustCompile(`^failed to send logs to \S+: (\d{3}) `)

// httpClass follows OTLP's specification, "OTLP/HTTP Response": only those four
// are to be tried again. It does not say which refusals are for what was sent; a
// Collector answers 500 when a component finds the data unusable.
func httpClass(code int) Class {
	switch code {
	case 429, 502, 503, 504:
		return Transient
	case 400, 413, 422, 500:
		return Poisoned
	default:
		return Permanent
	}
}

// retryableError recognises the error of otlploghttp for an answer that is to be
// tried again. It has neither an exported type nor the status; how long the
// receiver asked to wait is in a field.
func retryableError(err error) (hint time.Duration, ok bool) {
	v := reflect.Indirect(reflect.ValueOf(err))
	if v.Kind() != reflect.Struct || v.Type().Name() != "retryableError" {
		return 0, false
	}
	f := v.FieldByName("throttle")
	switch {
	case !f.IsValid() || !f.CanInt():
		return 0, true
	case f.Type() == reflect.TypeFor[time.Duration]():
		return time.Duration(f.Int()), true
	default: // before v0.21, seconds
		return time.Duration(max(0, min(f.Int(), int64(maxHint/time.Second)))) * time.Second, true
	}
}

// kindClass tells errors by their type and value.
func kindClass(err error) (Class, bool) {
	switch err { //nolint:errorlint // the walk is elsewhere
	case context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed:
		return Transient, true
	case sdklog.ErrExporterShutdown:
		return Permanent, true
	}
	if slices.Contains(unreachable, err) {
		return Transient, true
	}
	switch e := err.(type) { //nolint:errorlint // the walk is elsewhere
	case *net.DNSError: // also of a name that does not exist yet
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
		return Transient, true // a certificate that is renewed too late is renewed all the same
	}
	return Unknown, false
}

// malformed tells that a connection was not even tried, because its address is
// none.
func malformed(err error) bool {
	switch err.(type) { //nolint:errorlint // of net.OpError, which wraps it directly
	case *net.AddrError, *net.ParseError, net.UnknownNetworkError, net.InvalidAddrError:
		return true
	default:
		return false
	}
}

// texts are the last resort: what errors say that have no type to tell them by.
var texts = []struct {
	text  string
	class Class
}{
	// otlploghttp and otlploggrpc, of what they do not even send.
	{"request body too large: exceeded", Poisoned},
	{"request message too large: exceeded", Poisoned},
	// What protobuf says of a string that it cannot encode.
	{"invalid UTF-8", Poisoned},

	// net, net/http and HTTP/2, of connections.
	{"connection refused", Transient},
	{"connection reset by peer", Transient},
	{"broken pipe", Transient},
	{"no such host", Transient},
	{"host is down", Transient},
	{"server closed idle connection", Transient},
	{"transport connection broken", Transient},
	{"client connection lost", Transient},
	{"GOAWAY", Transient},
	{"i/o timeout", Transient},
	{"TLS handshake timeout", Transient},
}

func textClass(text string) (Class, bool) {
	for _, t := range texts {
		if strings.Contains(text, t.text) {
			return t.class, true
		}
	}
	return Unknown, false
}
