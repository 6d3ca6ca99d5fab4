package metrics

import (
	"context"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// panicType is the error.type of an operation that panicked.
const panicType = "panic"

// otherErrorType is prescribed by the semantic conventions.
var otherErrorType = semconv.ErrorTypeOther.Value.AsString()

// failure says how an operation failed. Its kind is "" for a success.
type failure struct {
	kind string // the error.type
	err  error  // nil for a panic
}

// errorType returns the error.type of err. The methods ErrorType, Unwrap and As
// are the user's and may panic, for example on a nil pointer in the interface.
func errorType(err error) (kind string) {
	defer func() {
		if recover() != nil {
			kind = otherErrorType
		}
	}()
	return cleanName(semconv.ErrorType(err).Value.AsString())
}

// description returns the text of a span's status.
func (f failure) description() (text string) {
	if f.err == nil {
		return f.kind
	}
	defer func() {
		if recover() != nil {
			text = f.kind
		}
	}()
	return strings.ToValidUTF8(f.err.Error(), "?") // see cleanName
}

// endSpan ends the timer's span, which ctx carries.
func endSpan(ctx context.Context, at time.Time, f failure) {
	span := trace.SpanFromContext(ctx)
	if f.kind != "" && span.IsRecording() {
		span.SetStatus(codes.Error, f.description())
		span.SetAttributes(semconv.ErrorTypeKey.String(f.kind))
	}
	span.End(trace.WithTimestamp(at))
}
