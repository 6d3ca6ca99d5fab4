package envconfig

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// finding is a value from one source.
type finding[T any] struct {
	value   T
	ok      bool // false: the source has no value, or no usable one
	source  Source
	ignored []string // unusable values of the source
}

// first returns the first finding that has a value, with the ignored values of all
// findings. Those of the weaker sources belong to it, too: a user who set a variable in
// vain should see why.
func first[T any](findings ...finding[T]) finding[T] {
	var decided finding[T]
	var ignored []string
	for _, f := range findings {
		ignored = append(ignored, f.ignored...)
		if f.ok && !decided.ok {
			decided = f
		}
	}
	decided.ignored = ignored
	return decided
}

// decide returns the value of first, and sets its source.
func decide[T any](into *Source, findings ...finding[T]) T {
	f := first(findings...)
	*into = f.source
	into.Ignored = f.ignored
	return f.value
}

// option returns the value of an option; check may be nil. A value out of range is an
// error.
func option[T any](l *loader, name string, value *T, check func(T) error, allowed string) finding[T] {
	if value == nil {
		return finding[T]{}
	}
	if check != nil {
		if err := check(*value); err != nil {
			call := fmt.Sprintf("%s(%s)", name, literal(*value))
			l.fail(fmt.Errorf("envconfig.%s: %w (%w); allowed: %s", call, ErrInvalid, err, allowed))
			return finding[T]{ignored: []string{call}}
		}
	}
	return finding[T]{value: *value, ok: true, source: Source{origin: originOption, Name: name}}
}

// literal returns a value as it is written in the code, or nearly so.
func literal(v any) string {
	switch v := v.(type) {
	case Environment:
		return strconv.Quote(clip(string(v)))
	case slog.Level:
		return LevelName(v)
	default:
		return fmt.Sprint(v)
	}
}

// variable returns the value of an environment variable. An empty variable counts as
// unset, as OpenTelemetry's specification requires. A value that cannot be read is
// reported and ignored.
func variable[T any](l *loader, key string, read func(key, v string) (T, error)) finding[T] {
	v, ok := l.opts.lookup(key)
	if !ok || v == "" {
		return finding[T]{}
	}
	value, err := read(key, v)
	switch {
	case errors.Is(err, errBlank):
		return finding[T]{}
	case err != nil:
		l.report(key, v, err)
		return finding[T]{ignored: []string{fmt.Sprintf("%s=%q", key, clip(v))}}
	}
	return finding[T]{value: value, ok: true, source: Source{origin: originVariable, Name: key}}
}

// trimmed returns a reader for the variables of this package. Unlike OpenTelemetry's
// variables they may have blanks around the value, which env files easily add.
func trimmed[T any](parse func(v string) (T, error), allowed string) func(key, v string) (T, error) {
	return func(key, v string) (T, error) {
		text := strings.TrimSpace(v)
		if text == "" {
			var zero T
			return zero, errBlank
		}
		value, err := parse(text)
		if err != nil {
			err = env.Invalid(key, v, allowed, err)
		}
		return value, err
	}
}

// trimmedInt is trimmed for a number that is read as OpenTelemetry's variables are.
func trimmedInt(key, v string) (int, error) {
	v = strings.TrimSpace(v)
	if v == "" {
		return 0, errBlank
	}
	return env.ParseInt(key, v)
}
