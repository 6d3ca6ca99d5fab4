package env

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// ErrInvalid is wrapped by every error this package reports: the value of a
// variable is not what the variable allows, and was ignored.
var ErrInvalid = errors.New("invalid value")

// ErrTooSmall is wrapped, with [ErrInvalid], by the error for a number that is
// less than one. [Int] and [Millis] do not report it, as the SDK does not.
var ErrTooSmall = errors.New("less than 1")

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
	return read(lookup, handle, key, ParseInt)
}

// Millis returns the value of the variable key, a number of milliseconds, as a
// duration.
//
// It is [Int] for durations, and ok means the same, but a number too large for
// a duration becomes the longest one, [math.MaxInt64] nanoseconds (292 years):
// who writes it means "never", and nothing nearer to that can be offered. A d
// returned with ok is at least one millisecond.
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

// Invalid returns the error for value v of key, which wraps [ErrInvalid] and the
// reason; allowed says what the variable takes. Of a [*strconv.NumError] only the
// reason inside is kept: its text would name the value a second time.
func Invalid(key, v, allowed string, reason error) error {
	if num := (*strconv.NumError)(nil); errors.As(reason, &num) {
		reason = num.Err
	}
	return fmt.Errorf("%s=%q: %w (%w), ignored; allowed: %s", key, clip(v), ErrInvalid, reason, allowed)
}

// clip bounds what a message quotes.
func clip(v string) string {
	const most = 100
	if len(v) <= most {
		return v
	}
	return v[:most] + "…"
}
