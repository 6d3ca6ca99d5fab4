package env

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ErrInvalid is wrapped by every error this package reports: the value of a
// variable is not what the variable allows, and was ignored.
var ErrInvalid = errors.New("invalid value")

// Int returns the value of the integer variable key, as lookup finds it.
//
// ok is false, and n zero, when there is no usable value: the variable is unset
// or empty, is not an integer (which goes to handle, once per key and value in
// the life of the process), or is less than one (which goes nowhere, as in the
// SDK). An n returned with ok is at least 1.
//
// lookup is usually [os.LookupEnv]. handle is called on the caller's goroutine
// with an error that wraps [ErrInvalid]. Neither may be nil. Int is safe for
// concurrent use.
func Int(lookup func(string) (string, bool), handle func(error), key string) (n int, ok bool) {
	v, ok := lookup(key)
	if !ok || v == "" {
		return 0, false
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		reportOnce(handle, key, v, "a whole number from 1 to "+strconv.Itoa(math.MaxInt), err)
		return 0, false
	}
	if n < 1 {
		return 0, false
	}
	return n, true
}

// Millis returns the value of the variable key, a number of milliseconds, as a
// duration.
//
// It is [Int] for durations, and ok means the same, but a number too large for
// a duration becomes the longest one, [math.MaxInt64] nanoseconds (292 years):
// who writes it means "never", and nothing nearer to that can be offered. A d
// returned with ok is at least one millisecond.
func Millis(lookup func(string) (string, bool), handle func(error), key string) (d time.Duration, ok bool) {
	v, ok := lookup(key)
	if !ok || v == "" {
		return 0, false
	}
	// For a number out of range ParseInt returns the nearest int64, which is
	// enough: too large a one saturates below, too small a one is less than one.
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil && !(errors.Is(err, strconv.ErrRange) && isInteger(v)) {
		reportOnce(handle, key, v, "a whole number of milliseconds, at least 1", err)
		return 0, false
	}
	switch {
	case n < 1:
		return 0, false
	case n > int64(math.MaxInt64/time.Millisecond):
		return math.MaxInt64, true
	default:
		return time.Duration(n) * time.Millisecond, true
	}
}

// isInteger completes the syntax check for a v that ParseInt finds out of range:
// it gives up at the first digit too many and never looks at what follows.
func isInteger(v string) bool {
	return strings.Trim(v[1:], "0123456789") == ""
}

// invalid builds the error for value v of key, where allowed says what the
// variable takes. Only the reason inside err is kept: its text would name the
// value a second time.
func invalid(key, v, allowed string, err error) error {
	if num := (*strconv.NumError)(nil); errors.As(err, &num) {
		err = num.Err
	}
	return fmt.Errorf("%s=%q: %w (%w), ignored; allowed: %s", key, v, ErrInvalid, err, allowed)
}
