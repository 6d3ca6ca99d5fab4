package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/noop"

	"github.com/krunchwrapper/asynclog/internal/panictext"
)

// The methods of what is logged are others' code, and may panic: Error of a nil
// pointer that has become an error, above all. slog's own handlers see to it that
// whoever only wanted to log does not suffer; otelslog and the SDK do not. So the
// panic is caught, something is put in place of the values that panic, and the
// record is handed over again. Nothing has been done with it by then: values are
// asked before the first processor gets the record. A panic that is not the
// values' is a processor's, and goes on.

// handleTamed hands over a record whose handling has panicked with v.
func handleTamed(ctx context.Context, next slog.Handler, r slog.Record, v any) error {
	attrs := make([]slog.Attr, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	tamed, changed := tameAttrs(attrs)
	if !changed {
		panic(v)
	}
	again := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	again.AddAttrs(tamed...)
	return next.Handle(ctx, again)
}

// emitTamed is handleTamed for a record in OpenTelemetry's form, whose error is
// all that the SDK asks.
func emitTamed(ctx context.Context, l log.Logger, r log.Record, v any) {
	err, changed := tameError(r.Err())
	if !changed {
		panic(v)
	}
	r.SetErr(err)
	l.Emit(ctx, r)
}

// tameAttrs returns the attributes with something in place of those that panic.
// It returns the list as it is if there are none.
func tameAttrs(attrs []slog.Attr) (tamed []slog.Attr, changed bool) {
	for i, a := range attrs {
		a, bad := tameAttr(a)
		if bad && !changed {
			tamed, changed = append([]slog.Attr{}, attrs[:i]...), true
		}
		if changed {
			tamed = append(tamed, a)
		}
	}
	if !changed {
		return attrs, false
	}
	return tamed, true
}

func tameAttr(a slog.Attr) (tamed slog.Attr, changed bool) {
	switch a.Value.Kind() {
	case slog.KindGroup:
		members, changed := tameAttrs(a.Value.Group())
		if changed {
			a.Value = slog.GroupValue(members...)
		}
		return a, changed
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			err, changed := tameError(err)
			if changed {
				a.Value = slog.AnyValue(err)
			}
			return a, changed
		}
	case slog.KindLogValuer:
	default:
		return a, false
	}
	if convertible(a) {
		return a, false
	}
	return slog.Any(a.Key, ValueOf(a.Value)), true
}

// converting converts attributes as all of otelslog's handlers do, for nobody.
var converting = otelslog.NewHandler("", otelslog.WithLoggerProvider(noop.NewLoggerProvider()))

func convertible(a slog.Attr) (ok bool) {
	defer func() { ok = recover() == nil }()
	var r slog.Record
	r.AddAttrs(a)
	_ = converting.Handle(context.Background(), r)
	return true
}

// tamedError takes the place of an error whose methods panic.
type tamedError struct{ text, kind string }

func (e *tamedError) Error() string { return e.text }

// ErrorType is what the SDK asks for exception.type.
func (e *tamedError) ErrorType() string { return e.kind }

func tameError(err error) (tamed error, changed bool) {
	if err == nil {
		return nil, false
	}
	defer func() {
		if recover() != nil {
			tamed, changed = &tamedError{errorText(err), exceptionType(err)}, true
		}
	}()
	_ = err.Error()
	if e, ok := err.(interface{ ErrorType() string }); ok { // the SDK does not look at what is wrapped
		_ = e.ErrorType()
	}
	return err, false
}

// errorText returns the error's text, or what happened instead.
func errorText(err error) (text string) {
	defer func() {
		v := recover()
		switch {
		case v == nil:
		case isNil(reflect.ValueOf(err)):
			text = "<nil>" // as slog and fmt write it
		default:
			text = panickedText("Error", reflect.TypeOf(err), v)
		}
	}()
	return err.Error()
}

func panickedText(method string, t reflect.Type, v any) string {
	return fmt.Sprintf("(%s of %v panicked: %s)", method, t, panictext.Of(v))
}
