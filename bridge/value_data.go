package bridge

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// dataAttributes returns the attributes that data of any kind becomes on a
// record; see [PhaseLogger.LogAny].
func dataAttributes(data any) []attribute.KeyValue {
	c := newConverter()
	if err, ok := data.(error); ok && !isNil(reflect.ValueOf(data)) {
		if _, ok := data.(slog.LogValuer); !ok {
			return []attribute.KeyValue{
				semconv.ExceptionType(exceptionType(err)),
				{Key: semconv.ExceptionMessageKey, Value: c.errorText(err)},
			}
		}
	}
	switch v := c.safely(data); v.Type() {
	case attribute.EMPTY:
		return nil
	case attribute.MAP:
		return v.AsMap()
	default:
		return []attribute.KeyValue{{Key: DataKey, Value: v}}
	}
}

func (c *converter) errorText(err error) (out attribute.Value) {
	defer func() {
		if r := recover(); r != nil {
			out = c.panicked("Error", reflect.TypeOf(err), r)
		}
	}()
	return c.text(err.Error())
}

var wrapErrorType = reflect.TypeOf(fmt.Errorf("%w", errors.New("")))

// exceptionType returns what the SDK does for the error of a record: the type of
// the first error in the chain that is more than fmt.Errorf's way to add text.
func exceptionType(err error) string {
	for reflect.TypeOf(err) == wrapErrorType {
		wrapped := errors.Unwrap(err)
		if wrapped == nil {
			break
		}
		err = wrapped
	}
	t := reflect.TypeOf(err)
	if t.PkgPath() != "" && t.Name() != "" {
		return t.PkgPath() + "." + t.Name()
	}
	return t.String()
}
