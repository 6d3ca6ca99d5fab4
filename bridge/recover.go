package bridge

import (
	"context"
	"errors"
	"log/slog"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/noop"

	"github.com/krunchwrapper/asynclog/internal/value"
)

// The methods of logged values are other people's code, and may panic: above all
// Error of a nil pointer that has become an error. slog's handlers recover from such
// panics; otelslog and the SDK do not. Here the panic is recovered, the values that
// panic are replaced, and the record is handed over again. The first attempt has had
// no effect: values are converted before the first processor gets the record. A panic
// that does not come from a value comes from a processor, and goes on.

// errPanicked is the cause of the errors that stand for a recovered panic.
var errPanicked = errors.New("panic")

// handleAgain hands over a record whose handling has panicked with v.
func handleAgain(ctx context.Context, next slog.Handler, r slog.Record, v any) error {
	attrs := make([]slog.Attr, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	attrs, replaced := safeAttrs(attrs)
	if !replaced {
		panic(v)
	}
	again := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	again.AddAttrs(attrs...)
	return next.Handle(ctx, again)
}

// emitAgain is handleAgain for a record in OpenTelemetry's form. The SDK calls no
// methods but those of the record's error.
func emitAgain(ctx context.Context, l log.Logger, r log.Record, v any) {
	err, replaced := safeError(r.Err())
	if !replaced {
		panic(v)
	}
	r.SetErr(err)
	l.Emit(ctx, r)
}

// safeAttrs returns the attributes with replacements for those that panic. If none
// does, it returns the list itself.
func safeAttrs(attrs []slog.Attr) (safe []slog.Attr, replaced bool) {
	for i, a := range attrs {
		a, bad := safeAttr(a)
		if bad && !replaced {
			safe, replaced = append([]slog.Attr{}, attrs[:i]...), true
		}
		if replaced {
			safe = append(safe, a)
		}
	}
	if !replaced {
		return attrs, false
	}
	return safe, true
}

func safeAttr(a slog.Attr) (safe slog.Attr, replaced bool) {
	switch a.Value.Kind() {
	case slog.KindGroup:
		members, replaced := safeAttrs(a.Value.Group())
		if replaced {
			a.Value = slog.GroupValue(members...)
		}
		return a, replaced
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			err, replaced := safeError(err)
			if replaced {
				a.Value = slog.AnyValue(err)
			}
			return a, replaced
		}
	case slog.KindLogValuer:
	default:
		return a, false
	}
	if convertible(a) {
		return a, false
	}
	return slog.Any(a.Key, value.Of(a.Value)), true
}

// trialHandler converts attributes as all handlers of otelslog do, and emits to a
// logger that does nothing.
var trialHandler = otelslog.NewHandler("", otelslog.WithLoggerProvider(noop.NewLoggerProvider()))

// convertible reports whether otelslog can convert the attribute without a panic.
func convertible(a slog.Attr) (ok bool) {
	defer func() { ok = recover() == nil }()
	var r slog.Record
	r.AddAttrs(a)
	_ = trialHandler.Handle(context.Background(), r)
	return true
}

// errorTexts replaces an error whose methods panic.
type errorTexts struct{ text, typeName string }

func (e *errorTexts) Error() string { return e.text }

// ErrorType is the method that the SDK calls for exception.type.
func (e *errorTexts) ErrorType() string { return e.typeName }

// safeError returns the error, or its replacement if one of its methods panics.
func safeError(err error) (safe error, replaced bool) {
	if err == nil {
		return nil, false
	}
	defer func() {
		if recover() != nil {
			safe, replaced = &errorTexts{value.ErrorText(err), value.ErrorType(err)}, true
		}
	}()
	_ = err.Error()
	if e, ok := err.(interface{ ErrorType() string }); ok { // the SDK does not unwrap the error for it
		_ = e.ErrorType()
	}
	return err, false
}
