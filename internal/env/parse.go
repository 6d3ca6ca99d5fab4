package env

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseInt returns the number that v, the value of the variable key, stands for:
// at least 1. An error wraps [ErrInvalid], and [ErrTooSmall] if v is a number less
// than one.
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

// ParseMillis returns the duration of the milliseconds v, the value of the
// variable key: at least one, and the longest there is for a number that does not
// fit. Its errors are those of [ParseInt].
func ParseMillis(key, v string) (time.Duration, error) {
	// For a number out of range ParseInt returns the nearest int64, which is
	// enough: too large a one saturates below, too small a one is less than one.
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

// isInteger completes the syntax check for a v that strconv.ParseInt finds out of
// range: it gives up at the first digit too many and never looks at what follows.
func isInteger(v string) bool {
	return strings.Trim(v[1:], "0123456789") == ""
}
