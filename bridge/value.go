package bridge

import (
	"encoding/json"
	"log/slog"
	"reflect"
	"time"

	"go.opentelemetry.io/otel/attribute"
)

// How much of a value is kept; see [ValueOf].
const (
	maxDepth   = 10       // collections within collections
	maxMembers = 100      // elements or members of one collection
	maxValues  = 1000     // values in all, and steps taken to get at them
	maxText    = 16 << 10 // bytes of one text
	maxBytes   = 64 << 10 // bytes of all texts and keys
	maxKey     = 256      // bytes of one key
)

// ValueOf returns the OpenTelemetry value that is closest to a Go value of any
// type. Where encoding/json has an idea of what a type looks like, that is it, in
// OpenTelemetry's types:
//
//   - Booleans, integers, floats and strings are what they are. Integers that
//     int64 does not hold, complex numbers, NaN and infinities, which JSON
//     exporters fail on, become text.
//   - Structs become maps of their exported fields: the tag json renames, omits
//     ("-", omitempty, omitzero) and, for embedded structs, flattens.
//   - Maps of any key type become maps with the key's text as key, slices and
//     arrays become slices, those of bytes bytes. Pointers and interfaces become
//     what they lead to; nil of any kind becomes the empty value.
//   - [time.Time] becomes text by RFC 3339 with nanoseconds, [time.Duration] an
//     integer number of nanoseconds.
//   - What has a method to tell what it is, is asked: LogValue ([slog.LogValuer]),
//     MarshalJSON, MarshalText, Error and String, in that order. One that fails or
//     panics leaves a text that says so.
//   - Values and attributes of slog and OpenTelemetry are taken for what they stand
//     for, lists of attributes for maps.
//   - Channels, functions and the like become the name of their type, in
//     parentheses.
//
// The result is bounded: to 10 collections within one another, 100 members of each
// collection, and in all to 1,000 values, 64 KiB of text, 16 KiB of each text and
// 256 bytes of each key. Where something was left out, the value says so: a text
// ends with, a slice has as last element, and a map as the member "…", "(cut, …)"
// and the size it had; in place of what is nested too deeply, or contains itself,
// there is a text that says that. Of the members of a map that is too large, any
// may be left out. Text that is not UTF-8, which OTLP refuses, has U+FFFD in the
// places where it is not.
//
// ValueOf does not panic, and keeps no reference to the value. It cannot defend
// itself against what Go has no defence for: a value that others change during the
// call, and methods that do not return or recurse without end.
func ValueOf(v any) attribute.Value { return newConverter().safely(v) }

// converter turns one Go value into an OpenTelemetry value, and has what is left
// of the bounds.
type converter struct {
	values, bytes int
	// open are the pointers, maps and slices in which the value at hand lies. One
	// that is met again inside itself is a cycle.
	open []reference
}

func newConverter() *converter { return &converter{values: maxValues, bytes: maxBytes} }

// safely is the last defence. Methods of values are contained where they are
// called; what is left are mistakes of this package, and values that change.
func (c *converter) safely(v any) (out attribute.Value) {
	defer func() {
		if r := recover(); r != nil {
			out = c.panicked("conversion", reflect.TypeOf(v), r)
		}
	}()
	return c.convert(v, maxDepth)
}

// convert is called for each value of which all that is known is that it is one,
// or that it has methods; see [converter.value]. The depth is how many collections may
// still be opened.
func (c *converter) convert(v any, depth int) attribute.Value {
	if c.values--; c.values < 0 {
		return attribute.StringValue("(cut)")
	}
	switch v := v.(type) {
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
	case json.Number:
		return c.number(v)
	case time.Duration:
		return attribute.Int64Value(v.Nanoseconds())
	case *time.Duration: // or it would be asked for its String
		if v != nil {
			return attribute.Int64Value(v.Nanoseconds())
		}
	case time.Time:
		return c.text(v.Format(time.RFC3339Nano))
	case *time.Time: // or one whose year has no JSON form would fail
		if v != nil {
			return c.text(v.Format(time.RFC3339Nano))
		}
	case attribute.Value:
		return c.convert(v.AsInterface(), depth)
	case attribute.KeyValue:
		return c.attributes([]attribute.KeyValue{v}, depth)
	case []attribute.KeyValue:
		return c.attributes(v, depth)
	case attribute.Set:
		return c.attributes(v.ToSlice(), depth)
	case *attribute.Set:
		if v != nil {
			return c.attributes(v.ToSlice(), depth)
		}
	case slog.Value:
		return c.convert(v.Any(), depth)
	case slog.Attr:
		return c.slogAttrs([]slog.Attr{v}, depth)
	case []slog.Attr:
		return c.slogAttrs(v, depth)
	}
	rv := reflect.ValueOf(v)
	if isNil(rv) {
		return attribute.Value{}
	}
	if out, ok := c.ask(v, rv.Type(), depth); ok {
		return out
	}
	return c.walk(rv, depth)
}
