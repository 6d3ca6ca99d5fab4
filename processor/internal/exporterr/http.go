package exporterr

import (
	"reflect"
	"regexp"
	"strconv"
	"time"
)

// httpStatus returns the HTTP status that the error stands for. There is no common way
// to carry one.
func httpStatus(err error) (int, bool) {
	switch e := err.(type) { //nolint:errorlint // walk unwraps
	case interface{ StatusCode() int }:
		return e.StatusCode(), true
	case interface{ HTTPStatusCode() int }:
		return e.HTTPStatusCode(), true
	}
	// The error of otlploghttp has the status in its text only.
	if m := httpStatusPattern.FindStringSubmatch(err.Error()); m != nil {
		code, err := strconv.Atoi(m[1])
		return code, err == nil
	}
	return 0, false
}

var httpStatusPattern = regexp.MustCompile(`^failed to send logs to \S+: (\d{3}) `)

// httpClass follows OTLP's specification, "OTLP/HTTP Response": only the four statuses
// of the first case are to be retried. It does not say which statuses refuse the
// content of a request; a Collector answers 500 when a component cannot use the data.
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

// retryableError recognises the error of otlploghttp for a response that is to be
// retried. Its type is unexported, and it does not contain the status; a field says how
// long the receiver asks to wait.
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
		return time.Duration(max(0, min(f.Int(), int64(MaxHint/time.Second)))) * time.Second, true
	}
}
