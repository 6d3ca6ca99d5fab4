package errortest

import (
	"errors"
	"fmt"
	"time"
)

// HTTP is an error with an HTTP status, as several libraries have it.
type HTTP struct{ Code int }

func (e *HTTP) Error() string { return fmt.Sprintf("status %d", e.Code) }

// StatusCode returns the status.
func (e *HTTP) StatusCode() int { return e.Code }

// OTLPHTTP returns the error of otlploghttp for a status that it does not retry.
func OTLPHTTP(status string) error {
	return fmt.Errorf("failed to send logs to http://127.0.0.1:4318/v1/logs: %s (%w)", status, errors.New("body: connection refused, invalid UTF-8"))
}

// Retryable returns the error of otlploghttp for a status that it retries, which has a
// type of this name.
func Retryable(throttle time.Duration) error {
	type retryableError struct {
		error
		throttle time.Duration
	}
	return retryableError{errors.New("retry-able request failure: body: 400"), throttle}
}

// RetryableSeconds returns the same error as it was before v0.21 of the exporter.
func RetryableSeconds(throttle int64) error {
	type retryableError struct {
		error
		throttle int64
	}
	return retryableError{errors.New("retry-able request failure"), throttle}
}

// PartialSuccess is the error of the OTLP exporters, each of which has this type in an
// internal package.
type PartialSuccess struct {
	ErrorMessage  string
	RejectedItems int64
	RejectedKind  string
}

func (ps PartialSuccess) Error() string {
	msg := ps.ErrorMessage
	if msg == "" {
		msg = "empty message"
	}
	return fmt.Sprintf("OTLP partial success: %s (%d %s rejected)", msg, ps.RejectedItems, ps.RejectedKind)
}

// Partial returns what the exporters return for a partial success: they join it with the
// error of the request, which is nil when there was a response.
func Partial(n int64, msg string) error {
	return errors.Join(nil, PartialSuccess{ErrorMessage: msg, RejectedItems: n, RejectedKind: "logs"})
}

// Many is a list of errors, as other packages than errors have it.
type Many []error

func (m Many) Error() string   { return fmt.Sprintf("%d errors", len(m)) }
func (m Many) Unwrap() []error { return m }

// TypedNil is an error whose nil pointer is not a nil error. Its methods then panic.
type TypedNil struct{ Text string }

func (e *TypedNil) Error() string { return e.Text }

// Ring is an error that can wrap itself.
type Ring struct{ Next error }

func (*Ring) Error() string   { return "round" }
func (r *Ring) Unwrap() error { return r.Next }

// NewRing returns an error that wraps itself.
func NewRing() *Ring {
	r := &Ring{}
	r.Next = r
	return r
}
