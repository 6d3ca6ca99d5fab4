package env

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseInt returns v, the value of the variable key, as a number of at least 1. An error
// wraps [ErrInvalid], and [ErrTooSmall] if v is a number less than one.
func ParseInt(key, v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err == nil && n < 1 {
		err = ErrTooSmall
	}
	if err != nil {
		return 0, Invalid(key, v, "a whole number from 1 to "+strconv.Itoa(math.MaxInt), err)
	}
	return n, nil
}

// ParseMillis returns v, the value of the variable key in milliseconds, as a duration of
// at least one millisecond. A number that is too large becomes the longest duration. Its
// errors are those of [ParseInt].
func ParseMillis(key, v string) (time.Duration, error) {
	// For a number out of range ParseInt returns the nearest int64. That is enough: a
	// number that is too large saturates below, one that is too small is less than one.
	n, err := strconv.ParseInt(v, 10, 64)
	if errors.Is(err, strconv.ErrRange) && isInteger(v) {
		err = nil
	}
	if err == nil && n < 1 {
		err = ErrTooSmall
	}
	if err != nil {
		return 0, Invalid(key, v, "a whole number of milliseconds, at least 1", err)
	}
	if n > int64(math.MaxInt64/time.Millisecond) {
		return math.MaxInt64, nil
	}
	return time.Duration(n) * time.Millisecond, nil
}

// isInteger completes the syntax check of a v that strconv.ParseInt found out of range:
// ParseInt stops at the first excess digit and does not check the rest.
func isInteger(v string) bool {
	return strings.Trim(v[1:], "0123456789") == ""
}
