package bridge

import (
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
				{Key: semconv.ExceptionTypeKey, Value: c.text(exceptionType(err))},
				{Key: semconv.ExceptionMessageKey, Value: c.text(errorText(err))},
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

// exceptionType returns the semantic conventions' type of an error, or that of Go
// if the error panics when it is asked.
func exceptionType(err error) (kind string) {
	defer func() {
		if recover() != nil {
			kind = reflect.TypeOf(err).String()
		}
	}()
	return semconv.ErrorType(err).Value.AsString()
}
