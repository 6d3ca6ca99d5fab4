package asynclog

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// logEnd logs how a function has ended that did not return: with a panic, or, if the
// value is nil, with runtime.Goexit. It is called on the goroutine that panics, whose
// stack is therefore still there.
func (p *Pipeline) logEnd(ctx context.Context, value any) {
	defer func() { _ = recover() }() // what the value's own methods do must not hide it
	now := time.Now()
	var r log.Record
	r.SetTimestamp(now)
	r.SetObservedTimestamp(now)
	if value == nil {
		r.SetSeverity(log.SeverityError)
		r.SetSeverityText("ERROR")
		r.SetBody(attribute.StringValue("the goroutine was ended by runtime.Goexit"))
	} else {
		message := fmt.Sprint(value)
		r.SetSeverity(log.SeverityFatal)
		r.SetSeverityText("FATAL")
		r.SetBody(attribute.StringValue("panic: " + message))
		r.AddAttributes(
			semconv.ExceptionType(exceptionType(value)),
			semconv.ExceptionMessage(message),
			semconv.ExceptionStacktrace(string(debug.Stack())),
		)
	}
	p.LoggerProvider().Logger(scopeName).Emit(ctx, r)
}

// exceptionType is the Go type of what a panic was called with, for errors as the SDK
// tells it.
func exceptionType(value any) string {
	if err, ok := value.(error); ok {
		return semconv.ErrorType(err).Value.AsString()
	}
	return fmt.Sprintf("%T", value)
}
