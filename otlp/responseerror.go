package otlp

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// PartialSuccess is the error of an export of which the receiver rejected some
// records and accepted the others. Those rejected must not be sent again, nor those
// accepted, so nothing is retried. With no record rejected it is a warning.
//
// It is a value: errors.As with a *PartialSuccess finds it. Its name, its fields and
// its text are those of the error of OpenTelemetry's exporters, by which processors
// recognise it.
type PartialSuccess struct {
	// ErrorMessage is what the receiver says about it.
	ErrorMessage string
	// RejectedItems is the number of records rejected, not negative.
	RejectedItems int64
	// RejectedKind is "logs".
	RejectedKind string
}

func partialSuccess(rejected int64, message string) error {
	return PartialSuccess{ErrorMessage: message, RejectedItems: max(rejected, 0), RejectedKind: "logs"}
}

// Error returns the text.
func (e PartialSuccess) Error() string {
	message := e.ErrorMessage
	if message == "" {
		message = "empty message"
	}
	return fmt.Sprintf("OTLP partial success: %s (%d %s rejected)", message, e.RejectedItems, e.RejectedKind)
}

// HTTPError is an answer over HTTP that is not a success. Errors.As with an *HTTPError
// finds it in the error of an export.
type HTTPError struct {
	// Code is the status code, such as 503.
	Code int
	// Message is what the receiver says about it, at most 1 KiB.
	Message string
	// RetryAfter is how long the receiver asks to wait, 0 if it does not.
	RetryAfter time.Duration
}

// Error returns the text.
func (e *HTTPError) Error() string {
	text := strconv.Itoa(e.Code)
	if name := http.StatusText(e.Code); name != "" {
		text += " " + name
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// StatusCode returns the status code.
func (e *HTTPError) StatusCode() int { return e.Code }

// Unwrap returns how long to wait as an error of its own, if the receiver asks to
// wait: in the form that OpenTelemetry's exporter has for it, since processors
// recognise that.
func (e *HTTPError) Unwrap() error {
	if e.RetryAfter <= 0 || !e.temporary() {
		return nil
	}
	return retryableError{e.RetryAfter}
}

// temporary follows the specification, "OTLP/HTTP Response": these four and no other
// are to be tried again.
func (e *HTTPError) temporary() bool {
	switch e.Code {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// retryableError has the name and the field of otlploghttp's error.
type retryableError struct{ throttle time.Duration }

func (e retryableError) Error() string { return "retry after " + e.throttle.String() }

// GRPCError is a status over gRPC that is not OK. Errors.As with a *GRPCError finds it
// in the error of an export.
type GRPCError struct {
	// Code is the status code, such as 14 for UNAVAILABLE.
	Code uint32
	// Message is what the receiver says about it, at most 1 KiB.
	Message string
	// RetryInfo reports whether the status has a RetryInfo, which means for
	// RESOURCE_EXHAUSTED that another attempt may succeed.
	RetryInfo bool
	// RetryDelay is how long the RetryInfo asks to wait.
	RetryDelay time.Duration
}

// Error returns the text.
func (e *GRPCError) Error() string {
	text := "code " + strconv.FormatUint(uint64(e.Code), 10)
	if e.Code < uint32(len(grpcNames)) {
		text = grpcNames[e.Code]
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// GRPCStatus returns the status with the methods of grpc-go's by which processors
// recognise one. It is not the type of grpc-go, on which this package does not
// depend. Details returns a RetryInfo, if the status has one: an element with the
// method GetRetryDelay, whose result has the method AsDuration.
func (e *GRPCError) GRPCStatus() interface {
	Code() uint32
	Message() string
	Details() []any
} {
	return grpcStatus{e}
}

// temporary follows the specification, "OTLP/gRPC Response".
func (e *GRPCError) temporary() bool {
	switch e.Code {
	case grpcCanceled, grpcDeadlineExceeded, grpcAborted, grpcOutOfRange, grpcUnavailable, grpcDataLoss:
		return true
	case grpcResourceExhausted:
		return e.RetryInfo
	default:
		return false
	}
}

// grpcStatus is what GRPCStatus returns.
type grpcStatus struct{ err *GRPCError }

func (s grpcStatus) Code() uint32    { return s.err.Code }
func (s grpcStatus) Message() string { return s.err.Message }

func (s grpcStatus) Details() []any {
	if !s.err.RetryInfo {
		return nil
	}
	return []any{retryInfo{s.err.RetryDelay}}
}

// retryInfo and retryDelay have the methods of google.rpc.RetryInfo and of its field.
type (
	retryInfo  struct{ delay time.Duration }
	retryDelay struct{ d time.Duration }
)

func (r retryInfo) GetRetryDelay() retryDelay  { return retryDelay{r.delay} }
func (d retryDelay) AsDuration() time.Duration { return d.d }

// The codes of gRPC statuses, from gRPC's documentation, "Status codes and their use
// in gRPC".
const (
	grpcOK                = 0
	grpcCanceled          = 1
	grpcUnknown           = 2
	grpcDeadlineExceeded  = 4
	grpcPermissionDenied  = 7
	grpcResourceExhausted = 8
	grpcAborted           = 10
	grpcOutOfRange        = 11
	grpcUnimplemented     = 12
	grpcInternal          = 13
	grpcUnavailable       = 14
	grpcDataLoss          = 15
	grpcUnauthenticated   = 16
)

var grpcNames = [...]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
	"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// connectionError is a request without an answer: no connection, or one that was
// lost. It may have arrived.
type connectionError struct{ err error }

func (e *connectionError) Error() string { return e.err.Error() }
func (e *connectionError) Unwrap() error { return e.err }

// Temporary returns true, for code that classifies errors by their methods.
func (*connectionError) Temporary() bool { return true }
