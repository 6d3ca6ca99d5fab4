package exporterr

import (
	"errors"
	"math"
	"reflect"
	"regexp"
	"strconv"
)

// Rejected returns how many records the receiver rejected, if the error is an OTLP
// partial success, or several, and nothing else. The number may be 0: the receiver
// accepted everything, with a warning. Rejected may panic if a method of the error does.
func Rejected(err error) (n int, ok bool) {
	budget := maxErrors
	return rejected(err, &budget)
}

// rejected examines no more errors than the budget allows.
func rejected(err error, budget *int) (int, bool) {
	if *budget--; *budget < 0 {
		return 0, false
	}
	if n, ok := partialSuccess(err); ok {
		return n, true
	}
	switch e := err.(type) { //nolint:errorlint // this is the walk
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return rejected(inner, budget)
		}
	case interface{ Unwrap() []error }:
		sum := 0
		for _, inner := range e.Unwrap() {
			n, ok := rejected(inner, budget)
			if !ok { // joined with a failure: a failure
				return 0, false
			}
			sum += n
		}
		return sum, len(e.Unwrap()) > 0
	}
	return partialSuccessText(err)
}

// partialSuccess recognises the error of the OTLP exporters by its name and field: each
// exporter has the type in an internal package of its own.
func partialSuccess(err error) (int, bool) {
	v := reflect.Indirect(reflect.ValueOf(err))
	if v.Kind() != reflect.Struct || v.Type().Name() != "PartialSuccess" {
		return 0, false
	}
	f := v.FieldByName("RejectedItems")
	if !f.IsValid() || !f.CanInt() {
		return 0, false
	}
	return int(min(max(f.Int(), 0), math.MaxInt32)), true // sums stay in range
}

var partialSuccessPattern = regexp.MustCompile(`^OTLP partial success: (?s:.*) \((\d+) logs rejected\)$`)

// partialSuccessText recognises the text of that error, for callers that passed on
// nothing else. In the text of joined errors it would find the last one only, so it is
// used for errors that wrap nothing.
func partialSuccessText(err error) (int, bool) {
	m := partialSuccessPattern.FindStringSubmatch(err.Error())
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 32)
	return int(n), err == nil || errors.Is(err, strconv.ErrRange)
}

// Written returns how many of a batch's first records an exporter has dealt with although
// the export failed, if the error says so by a method RecordsWritten() int. Written may
// panic if a method of the error does.
func Written(err error) (n int) {
	walk(err, func(err error) bool {
		e, ok := err.(interface{ RecordsWritten() int })
		if ok {
			n = max(e.RecordsWritten(), 0)
		}
		return ok
	})
	return n
}

// Reported reports whether the error says by a method Reported() bool that it was reported
// before. Reported may panic if a method of the error does.
func Reported(err error) bool {
	return walk(err, func(err error) bool {
		e, ok := err.(interface{ Reported() bool })
		return ok && e.Reported()
	})
}
