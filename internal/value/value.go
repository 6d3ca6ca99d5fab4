package value

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/krunchwrapper/asynclog/internal/panictext"
)

// How much of one value is kept.
const (
	maxDepth   = 10       // collections inside one another
	maxMembers = 100      // elements or members of one collection
	maxValues  = 1000     // values in all, and the pointers and groups followed to reach them
	maxText    = 16 << 10 // bytes of one text
	maxBytes   = 64 << 10 // bytes of all texts and keys
	maxKey     = 256      // bytes of one key
)

// Of returns the OpenTelemetry value that is closest to v. It does not panic.
func Of(v any) attribute.Value { return newConverter().convertSafely(v) }

// Attributes returns v as attributes of a record: the members of a map, a struct or
// a list of attributes, and the type and the message of an error by OpenTelemetry's
// semantic conventions. Any other value becomes one attribute with the key, and nil
// none. It does not panic. The list belongs to the caller.
func Attributes(key attribute.Key, v any) []attribute.KeyValue {
	c := newConverter()
	if err, ok := v.(error); ok && !isNil(reflect.ValueOf(v)) {
		if _, ok := v.(slog.LogValuer); !ok {
			return []attribute.KeyValue{
				{Key: semconv.ExceptionTypeKey, Value: c.text(ErrorType(err))},
				{Key: semconv.ExceptionMessageKey, Value: c.text(ErrorText(err))},
			}
		}
	}
	switch converted := c.convertSafely(v); converted.Type() {
	case attribute.EMPTY:
		return nil
	case attribute.MAP:
		return converted.AsMap()
	default:
		return []attribute.KeyValue{{Key: key, Value: converted}}
	}
}

// converter converts one Go value. It is used once, by one goroutine.
type converter struct {
	values, bytes int // how many more are kept
	// open are the pointers, maps and slices that contain the value at hand. One of
	// them inside itself is a cycle.
	open []reference
}

func newConverter() *converter { return &converter{values: maxValues, bytes: maxBytes} }

// convertSafely recovers from all panics. Those of a value's methods are handled
// where the methods are called, so what remains are mistakes of this package, and
// values that change during the conversion.
func (c *converter) convertSafely(v any) (out attribute.Value) {
	defer func() {
		if r := recover(); r != nil {
			out = c.text(panickedText("conversion", reflect.TypeOf(v), r))
		}
	}()
	return c.convert(v, maxDepth)
}

// convert converts a value about which nothing is known, or that has methods; see
// [converter.member] for the others. The depth is how many more collections may be
// opened.
func (c *converter) convert(v any, depth int) attribute.Value {
	if c.values--; c.values < 0 {
		return attribute.StringValue("(cut)")
	}
	switch v := v.(type) { // the most frequent types, without reflection
	case nil:
		return attribute.Value{}
	case string:
		return c.text(v)
	case bool:
		return attribute.BoolValue(v)
	case int:
		return attribute.IntValue(v)
	case int64:
		return attribute.Int64Value(v)
	case float64:
		return c.float(v)
	case []byte:
		return c.binary(v)
	default:
		return c.convertOther(v, depth)
	}
}

// convertOther lets the types that the package knows go first, then the value's own
// methods, then its kind.
func (c *converter) convertOther(v any, depth int) attribute.Value {
	if out, ok := c.standardType(v); ok {
		return out
	}
	if out, ok := c.attributeType(v, depth); ok {
		return out
	}
	rv := reflect.ValueOf(v)
	if isNil(rv) {
		return attribute.Value{}
	}
	if out, ok := c.callMethod(v, rv.Type(), depth); ok {
		return out
	}
	return c.byKind(rv, depth)
}

// standardType converts types of the standard library whose own methods would give
// something else. It reports whether v is of such a type.
func (c *converter) standardType(v any) (out attribute.Value, ok bool) {
	switch v := v.(type) {
	case json.Number:
		return c.number(v), true
	case time.Duration:
		return attribute.Int64Value(v.Nanoseconds()), true
	case *time.Duration: // its String is not wanted either
		if v != nil {
			out = attribute.Int64Value(v.Nanoseconds())
		}
		return out, true
	case time.Time:
		return c.text(v.Format(time.RFC3339Nano)), true
	case *time.Time: // its MarshalJSON fails for years above 9999
		if v != nil {
			out = c.text(v.Format(time.RFC3339Nano))
		}
		return out, true
	}
	return out, false
}

// attributeType converts the values, attributes and lists of OpenTelemetry and slog.
// It reports whether v is one of them.
func (c *converter) attributeType(v any, depth int) (out attribute.Value, ok bool) {
	switch v := v.(type) {
	case attribute.Value:
		return c.convert(v.AsInterface(), depth), true
	case attribute.KeyValue:
		return c.attributes([]attribute.KeyValue{v}, depth), true
	case []attribute.KeyValue:
		return c.attributes(v, depth), true
	case attribute.Set:
		return c.attributes(v.ToSlice(), depth), true
	case *attribute.Set:
		if v != nil {
			out = c.attributes(v.ToSlice(), depth)
		}
		return out, true
	case slog.Value:
		return c.convert(v.Any(), depth), true
	case slog.Attr:
		return c.slogAttrs([]slog.Attr{v}, depth), true
	case []slog.Attr:
		return c.slogAttrs(v, depth), true
	}
	return out, false
}

// callMethod converts v with the method that says what it is, and reports whether it
// has one. An error that marshals itself says more that way than with Error, as
// log/slog assumes too.
func (c *converter) callMethod(v any, t reflect.Type, depth int) (out attribute.Value, ok bool) {
	method := ""
	defer func() {
		if r := recover(); r != nil {
			out, ok = c.text(panickedText(method, t, r)), true
		}
	}()
	switch v := v.(type) {
	case slog.LogValuer:
		method = "LogValue"
		logged := v.LogValue()
		return c.convert(logged.Any(), depth), true
	case json.Marshaler:
		method = "MarshalJSON"
		text, err := v.MarshalJSON()
		if err != nil {
			return c.failed(method, t, err), true
		}
		return c.json(text, depth), true
	case encoding.TextMarshaler:
		method = "MarshalText"
		text, err := v.MarshalText()
		if err != nil {
			return c.failed(method, t, err), true
		}
		return c.text(string(text)), true
	case error:
		method = "Error"
		return c.text(v.Error()), true
	case fmt.Stringer:
		method = "String"
		return c.text(v.String()), true
	}
	return attribute.Value{}, false
}

func (c *converter) failed(method string, t reflect.Type, err error) attribute.Value {
	return c.text(fmt.Sprintf("(%s of %v failed: %s)", method, t, panictext.Of(err)))
}

// json converts a JSON document. One that is too long or invalid is kept as text.
func (c *converter) json(text []byte, depth int) attribute.Value {
	if len(text) > min(maxText, c.bytes) {
		return c.text(string(text))
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return c.text(string(text))
	}
	return c.convert(v, depth)
}
