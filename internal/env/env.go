package env

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrInvalid is wrapped by every error that this package reports: the value of a variable
// is not allowed, and was ignored.
var ErrInvalid = errors.New("invalid value")

// ErrTooSmall is wrapped, together with [ErrInvalid], by the error for a number less than
// one. [Int] and [Millis] do not report it, as the SDK does not.
var ErrTooSmall = errors.New("less than 1")

// Int returns the value that lookup returns for the integer variable key.
//
// ok is false, and n zero, if there is no usable value: the variable is unset or empty, is
// not an integer (this is reported to handle, once per key and value in the life of the
// process), or is less than one (this is not reported, as in the SDK). If ok is true, n is
// at least 1.
//
// lookup is usually [os.LookupEnv]. handle is called on the caller's goroutine
// with an error that wraps [ErrInvalid]. Neither may be nil. Int is safe for
// concurrent use.
func Int(lookup func(string) (string, bool), handle func(error), key string) (n int, ok bool) {
	return read(lookup, handle, key, ParseInt)
}

// Millis returns the value of the variable key, a number of milliseconds, as a duration.
//
// It is [Int] for durations, and ok means the same. A number too large for a duration
// becomes the longest one, [math.MaxInt64] nanoseconds (292 years): its author means
// "never", and this is the closest possible duration. If ok is true, d is at least one
// millisecond.
func Millis(lookup func(string) (string, bool), handle func(error), key string) (d time.Duration, ok bool) {
	return read(lookup, handle, key, ParseMillis)
}

func read[T int | time.Duration](
	lookup func(string) (string, bool),
	handle func(error),
	key string,
	parse func(key, v string) (T, error),
) (T, bool) {
	v, ok := lookup(key)
	if !ok || v == "" {
		return 0, false
	}
	n, err := parse(key, v)
	if err != nil {
		if !errors.Is(err, ErrTooSmall) {
			ReportOnce(handle, key, v, err)
		}
		return 0, false
	}
	return n, true
}

// Invalid returns the error for the value v of key. It wraps [ErrInvalid] and the reason,
// and names the allowed values. Of a [*strconv.NumError] it keeps only the reason inside,
// because the text of that error repeats the value.
func Invalid(key, v, allowed string, reason error) error {
	if num := (*strconv.NumError)(nil); errors.As(reason, &num) {
		reason = num.Err
	}
	return fmt.Errorf("%s=%q: %w (%w), ignored; allowed: %s", key, clip(v), ErrInvalid, reason, allowed)
}

// clip shortens a value that a message quotes.
func clip(v string) string {
	const limit = 100
	if len(v) <= limit {
		return v
	}
	return strings.ToValidUTF8(v[:limit], "") + "…"
}
