package envconfig

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tailscale/hujson"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// value reads a value that is not an object. parse returns the mere reason as its
// error.
func value[T any](
	d *decoder,
	into *finding[T],
	allowed string,
	parse func(hujson.Literal) (T, error),
) func(string, hujson.Value) {
	return func(path string, v hujson.Value) {
		lit, ok := v.Value.(hujson.Literal)
		var parsed T
		err := errors.New(describe(v))
		if ok {
			parsed, err = parse(lit)
		}
		line, column := d.source.position(v.StartOffset)
		if err != nil {
			d.fail(v, "%s = %s: %w (%w); allowed: %s", path, quote(v), ErrInvalid, err, allowed)
			into.ignored = []string{fmt.Sprintf("%s at %s:%d:%d", quote(v), d.source.path, line, column)}
			return
		}
		*into = finding[T]{value: parsed, ok: true, source: Source{
			Origin: FromFile, Name: path, File: d.source.path, Line: line, Column: column,
		}}
	}
}

// describe says what a value is that is of the wrong kind.
func describe(v hujson.Value) string {
	switch v.Value.Kind() {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 'n':
		return "null; leave the key out instead"
	default:
		return "true or false"
	}
}

// quote writes a value into a message.
func quote(v hujson.Value) string {
	switch lit, ok := v.Value.(hujson.Literal); {
	case ok:
		return printable(string(lit))
	case v.Value.Kind() == '{':
		return "{…}"
	default:
		return "[…]"
	}
}

var allowedWhole = "a whole number from 1 to " + strconv.Itoa(math.MaxInt)

var errFraction = errors.New("not a whole number")

func boolean(lit hujson.Literal) (bool, error) {
	switch string(lit) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, wrongKind(lit)
	}
}

// whole reads a whole number, also one that is written as 1e4 or 100.0.
func whole(lit hujson.Literal) (int, error) {
	if lit.Kind() != '0' {
		return 0, wrongKind(lit)
	}
	n, err := strconv.Atoi(string(lit))
	if errors.Is(err, strconv.ErrSyntax) {
		var f float64
		if f, err = strconv.ParseFloat(string(lit), 64); err == nil {
			switch {
			case f != math.Trunc(f):
				return 0, errFraction
			case f >= math.MaxInt: // which is one more, as a float64
				err = strconv.ErrRange
			default:
				n = int(max(f, -1))
			}
		}
	}
	switch {
	case strings.HasPrefix(string(lit), "-"), err == nil && n < 1:
		return 0, env.ErrTooSmall
	case err != nil:
		return 0, strconv.ErrRange
	}
	return n, nil
}

// seconds reads a duration in seconds. Like the variables of OpenTelemetry, it takes
// one that is too long as the longest there is.
func seconds(lit hujson.Literal) (time.Duration, error) {
	if lit.Kind() != '0' {
		return 0, wrongKind(lit)
	}
	f, err := strconv.ParseFloat(string(lit), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, err
	}
	nanos := math.Round(f * float64(time.Second))
	switch {
	case nanos < 1:
		return 0, errors.New("less than a nanosecond")
	case nanos >= math.MaxInt64:
		return math.MaxInt64, nil
	}
	return time.Duration(nanos), nil
}

func wrongKind(lit hujson.Literal) error {
	return errors.New(describe(hujson.Value{Value: lit}))
}
