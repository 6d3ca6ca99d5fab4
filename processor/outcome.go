package processor

import (
	"context"
	"errors"
	"reflect"
	"regexp"
	"strconv"
)

// outcome is what came of an export.
type outcome struct {
	err      error // to report; nil: nothing to say
	failed   bool  // no record is known to have arrived
	why      reason
	rejected int // of a batch that arrived, the records the receiver refused
}

// judge reads the exporter's return value, which alone decides: nil means
// exported, however late it came. ctx is the context of the export.
func judge(ctx context.Context, err error, records int) outcome {
	switch {
	case err == nil:
		return outcome{}
	case errors.Is(err, errPanic):
		return outcome{err: err, failed: true, why: exportPanic}
	}
	if n, ok := rejectedRecords(err); ok {
		return outcome{err: err, rejected: min(n, records)}
	}
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return outcome{err: err, failed: true, why: exportTimeout}
	}
	return outcome{err: err, failed: true, why: exportFailed}
}

// rejectedRecords returns how many records the receiver rejected, if the error
// is an OTLP partial success and nothing else. The number may be 0: a warning,
// and all was accepted.
func rejectedRecords(err error) (int, bool) {
	if n, ok := partialSuccess(err); ok {
		return n, true
	}
	switch e := err.(type) { //nolint:errorlint // this is the walk down the tree
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		if inner == nil {
			return 0, false
		}
		return rejectedRecords(inner)
	case interface{ Unwrap() []error }:
		sum := 0
		for _, inner := range e.Unwrap() {
			n, ok := rejectedRecords(inner)
			if !ok { // joined with a failure: a failure
				return 0, false
			}
			sum += n
		}
		return sum, true
	}
	return 0, false
}

var partialSuccessText = regexp.MustCompile(`^OTLP partial success: (?s:.*) \((\d+) logs rejected\)$`)

// partialSuccess recognises the error of the OTLP exporters. Its type is
// internal to each of them, so it is told by its name and field, or else by the
// text that they share.
func partialSuccess(err error) (int, bool) {
	if v := reflect.Indirect(reflect.ValueOf(err)); v.Kind() == reflect.Struct && v.Type().Name() == "PartialSuccess" {
		if f := v.FieldByName("RejectedItems"); f.IsValid() && f.CanInt() {
			return int(max(f.Int(), 0)), true
		}
	}
	m := partialSuccessText.FindStringSubmatch(err.Error())
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return n, err == nil
}
