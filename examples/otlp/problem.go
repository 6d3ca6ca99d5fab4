package main

import (
	"errors"
	"net/http"
)

// problem is an error that a client is told about.
type problem struct {
	kind   string // the error.type: one of few
	status int    // the HTTP status that says so
	err    error
}

func (p *problem) Error() string { return p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

// ErrorType is what OpenTelemetry's semantic conventions, and so the monitor, ask an
// error for.
func (p *problem) ErrorType() string { return p.kind }

// statusOf returns the HTTP status of an error.
func statusOf(err error) int {
	if p, ok := errors.AsType[*problem](err); ok {
		return p.status
	}
	return http.StatusInternalServerError
}

// readProblem says what was wrong with a request's body.
func readProblem(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &problem{kind: "text_too_large", status: http.StatusRequestEntityTooLarge, err: err}
	}
	return &problem{kind: "request_aborted", status: http.StatusBadRequest, err: err}
}
