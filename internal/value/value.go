package value

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"reflect"
	"time"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
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
	if err, ok := asError(v); ok {
		return []attribute.KeyValue{
			{Key: semconv.ExceptionTypeKey, Value: c.text(ErrorType(err))},
			{Key: semconv.ExceptionMessageKey, Value: c.text(ErrorText(err))},
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

// asError reports whether v is an error, or would be if it were a pointer, and says
// nothing else to slog.
func asError(v any) (err error, ok bool) {
	rv := reflect.ValueOf(v)
	if !rv.IsValid() || isNil(rv) {
		return nil, false
	}
	if mannerOf(rv.Type()) == byPointer {
		v = pointerTo(rv).Interface()
	}
	if _, ok := v.(slog.LogValuer); ok {
		return nil, false
	}
	err, ok = v.(error)
	return err, ok
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
// [converter.part] for the others. The depth is how many more collections may be
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
		if v == nil {
			return attribute.Value{}
		}
		return c.binary(v)
	case time.Duration:
		return attribute.Int64Value(v.Nanoseconds())
	default:
		return c.convertOther(v, depth)
	}
}

// convertOther converts a value by its type if the package knows the type, else with
// the value's own methods, else by its kind. The functions that may do so write to
// out: a Value has six words, and returning one through several calls takes longer
// than the conversion of most values.
func (c *converter) convertOther(v any, depth int) attribute.Value {
	rv := reflect.ValueOf(v)
	var out attribute.Value
	switch rv.Kind() {
	case reflect.Pointer:
		if rv.IsNil() {
			return out
		}
		if rv.NumMethod() > 0 && c.byMethod(rv, v, byType, depth, &out) {
			return out
		}
		return c.follow(rv, depth)
	case reflect.Struct:
		s := structOf(rv.Type())
		if s.manner != byKind && c.byMethod(rv, v, s.manner, depth, &out) {
			return out
		}
		return c.structure(rv, s, depth)
	case reflect.Slice:
		if c.attributeList(v, depth, &out) {
			return out
		}
	}
	t := rv.Type()
	if k := rv.Kind(); k <= reflect.String && t == predeclared[k] {
		return c.byKind(rv, depth)
	}
	m := mannerOf(t)
	if isNil(rv) && !nilMarshals(t, m) {
		return out
	}
	if m != byKind && c.byMethod(rv, v, m, depth, &out) {
		return out
	}
	return c.byKind(rv, depth)
}

// attributeList converts a list of attributes, which is a map also if it is nil. It
// reports whether v is one.
func (c *converter) attributeList(v any, depth int, out *attribute.Value) (ok bool) {
	switch v := v.(type) {
	case []attribute.KeyValue:
		*out = c.attributes(v, depth)
		return true
	case []slog.Attr:
		*out = c.slogAttrs(v, depth)
		return true
	default:
		return false
	}
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
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return c.text(string(text)) // more than one document
	}
	return c.convert(v, depth)
}
