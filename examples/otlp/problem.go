package main

import (
	"errors"
	"net/http"
)

// problem is an error with the status of the response to the client.
type problem struct {
	kind   string // the error.type, of low cardinality
	status int    // the HTTP status
	err    error
}

func (p *problem) Error() string { return p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

// ErrorType returns the value of the attribute error.type. OpenTelemetry's semantic
// conventions package, and so the monitor, calls it.
func (p *problem) ErrorType() string { return p.kind }

// statusOf returns the HTTP status of an error.
func statusOf(err error) int {
	if p, ok := errors.AsType[*problem](err); ok {
		return p.status
	}
	return http.StatusInternalServerError
}

// bodyError returns the problem for an error that occurred while a request's body was read.
func bodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &problem{kind: "text_too_large", status: http.StatusRequestEntityTooLarge, err: err}
	}
	return &problem{kind: "request_aborted", status: http.StatusBadRequest, err: err}
}
