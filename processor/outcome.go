package processor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"time"
)

// outcome is what came of an export.
type outcome struct {
	err      error // to report; nil: nothing to say
	failed   bool  // no record is known to have arrived
	why      reason
	rejected int // of a batch that arrived, the records the receiver refused

	// Of one that failed on a worker: what that means for the batch, and how long the
	// receiver asks to wait.
	class Class
	hint  time.Duration
}

// told returns the error for otel.Handle: it says which exporter it is about, where
// the error does not say so itself, and whether there will be another attempt.
func (o *outcome) told(l *lane, again bool) error {
	switch {
	case o.err == nil, o.why == exportPanic, o.why == recordTooLarge:
		return o.err
	case !o.failed:
		return &toldError{"asynclog: export to " + l.name, o.err}
	case again:
		return &toldError{"asynclog: export to " + l.name + " failed, to be tried again", o.err}
	default:
		return &toldError{"asynclog: export to " + l.name + " failed", o.err}
	}
}

// toldError is an error of an exporter whose text is not asked for before the reporter
// hands it on: it is somebody else's code, which must not run on a worker that has just
// claimed the batch.
type toldError struct {
	what string
	err  error
}

func (e *toldError) Error() string { return e.what + ": " + e.err.Error() }
func (e *toldError) Unwrap() error { return e.err }

// judge reads the exporter's return value, which alone decides: nil means
// exported, however late it came. ctx is the context of the export.
//
// The error's methods are the exporter's code, too: those of a nil pointer that
// was returned as an error may well panic.
func judge(ctx context.Context, err error, records int) (o outcome) {
	defer func() {
		if v := recover(); v != nil {
			o = outcome{err: panicError(fmt.Sprintf("error of type %T", err), v), failed: true, why: exportPanic}
		}
	}()
	switch {
	case err == nil:
		return outcome{}
	case isError(err, errPanic):
		return outcome{err: err, failed: true, why: exportPanic}
	}
	left := maxErrors
	if n, ok := rejectedRecords(err, &left); ok {
		return outcome{err: err, rejected: min(n, records)}
	}
	if ctx.Err() != nil || isError(err, context.DeadlineExceeded) {
		return outcome{err: err, failed: true, why: exportTimeout}
	}
	return outcome{err: err, failed: true, why: exportFailed}
}

// rejectedRecords returns how many records the receiver rejected, if the error
// is an OTLP partial success, or several, and nothing else. The number may be 0:
// a warning, and all was accepted. It looks at no more errors than are left.
func rejectedRecords(err error, left *int) (int, bool) {
	if *left--; *left < 0 {
		return 0, false
	}
	if n, ok := partialSuccess(err); ok {
		return n, true
	}
	switch e := err.(type) { //nolint:errorlint // this is the walk down the tree
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return rejectedRecords(inner, left)
		}
	case interface{ Unwrap() []error }:
		sum := 0
		for _, inner := range e.Unwrap() {
			n, ok := rejectedRecords(inner, left)
			if !ok { // joined with a failure: a failure
				return 0, false
			}
			sum += n
		}
		return sum, len(e.Unwrap()) > 0
	}
	return partialSuccessText(err)
}

// partialSuccess recognises the error of the OTLP exporters. Its type is
// internal to each of them, so it is told by its name and field.
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

// partialSuccessText recognises what is left of that error where only its text
// was passed on. Of a joined error it would see the last one only, so it is for
// those that wrap nothing.
func partialSuccessText(err error) (int, bool) {
	m := partialSuccessPattern.FindStringSubmatch(err.Error())
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 32)
	return int(n), err == nil || errors.Is(err, strconv.ErrRange)
}
