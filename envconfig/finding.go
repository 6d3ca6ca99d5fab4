package envconfig

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// finding is what one source says about a value.
type finding[T any] struct {
	value   T
	ok      bool // false: it says nothing, or nothing usable
	source  Source
	ignored []string // what it says that is not usable
}

// first returns the first finding that says something, with what all of them
// ignored. Those after it are no less worth a word: who set the variable in vain
// should not have to wonder why.
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

// decide is first for a value of the Config: it also sets the source.
func decide[T any](into *Source, findings ...finding[T]) T {
	f := first(findings...)
	*into = f.source
	into.Ignored = f.ignored
	return f.value
}

// option returns what an option says; check may be nil. A value out of range is
// an error.
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

// literal writes a value much as it stands in the code.
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

// variable returns what an environment variable says. One that is empty says
// nothing, as OpenTelemetry's specification has it. What cannot be read is
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

// own returns a reader for the variables of this package. Unlike OpenTelemetry's,
// they may have blanks around them, which files of variables readily add.
func own[T any](parse func(v string) (T, error), allowed string) func(key, v string) (T, error) {
	return func(key, v string) (T, error) {
		trimmed := strings.TrimSpace(v)
		if trimmed == "" {
			var none T
			return none, errBlank
		}
		value, err := parse(trimmed)
		if err != nil {
			err = env.Invalid(key, v, allowed, err)
		}
		return value, err
	}
}

// ownInt is own for a number that is read as OpenTelemetry's are.
func ownInt(key, v string) (int, error) {
	v = strings.TrimSpace(v)
	if v == "" {
		return 0, errBlank
	}
	return env.ParseInt(key, v)
}
