package value

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/internal/panictext"
)

// manner is how the values of a type are converted.
type manner uint8

const (
	byKind    manner = iota // no method says what such a value is
	byType                  // by a method, or because the package knows the type
	byPointer               // by a method that only the pointer to the value has
	byContent               // an interface: by the type of what it contains
	byText                  // an interface: by its MarshalText, even if what it contains has MarshalJSON
)

// describers are the methods that say what a value is, the most important one first.
var describers = [...]reflect.Type{
	reflect.TypeFor[slog.LogValuer](), reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler](),
	reflect.TypeFor[error](), reflect.TypeFor[fmt.Stringer](),
}

// The numbers of describers.
const (
	_ = iota // LogValue
	marshalJSON
	marshalText
)

var (
	jsonMarshaler = describers[marshalJSON]
	textMarshaler = describers[marshalText]
)

// describer returns which of the describers a type has, or their number if it has
// none.
func describer(t reflect.Type) int {
	for i, d := range describers {
		if t.Implements(d) {
			return i
		}
	}
	return len(describers)
}

// manners has the manner of every type with methods that was converted so far. It
// grows with the number of types in the program.
var manners sync.Map // reflect.Type: manner

// predeclared are the types of most values, which have no methods.
var predeclared = [reflect.String + 1]reflect.Type{
	reflect.Bool: reflect.TypeFor[bool](), reflect.Int: reflect.TypeFor[int](), reflect.Int32: reflect.TypeFor[int32](),
	reflect.Int64: reflect.TypeFor[int64](), reflect.Uint8: reflect.TypeFor[uint8](), reflect.Float64: reflect.TypeFor[float64](),
	reflect.String: reflect.TypeFor[string](),
}

// mannerOf returns how the values of a type are converted. A method of the pointer
// counts as a method of the value, which may hide something with it; but of two
// methods the more important one counts, whoever has it.
func mannerOf(t reflect.Type) manner {
	switch k := t.Kind(); {
	case k == reflect.Interface && t.NumMethod() == 0:
		return byContent
	case k == reflect.Pointer: // taking it out copies nothing
		if t.NumMethod() > 0 {
			return byType
		}
		return byKind
	case k <= reflect.String && t == predeclared[k]:
		return byKind
	case k != reflect.Struct && k != reflect.Interface && t.PkgPath() == "": // without a name, or predeclared
		return byKind
	}
	if m, ok := manners.Load(t); ok {
		return m.(manner) //nolint:errcheck // nothing else is in it
	}
	m := byKind
	own, pointer := describer(t), describer(reflect.PointerTo(t))
	switch {
	case t.Kind() == reflect.Interface:
		if m = byContent; own == marshalText {
			m = byText
		}
	case t == reflect.TypeFor[attribute.KeyValue](): // no method describes it
		m = byType
	case pointer < own:
		m = byPointer
	case own < len(describers):
		m = byType
	}
	manners.Store(t, m)
	return m
}

// pointerTo returns a pointer to the value, or to a copy if the value has no address.
func pointerTo(rv reflect.Value) reflect.Value {
	if rv.CanAddr() {
		return rv.Addr()
	}
	p := reflect.New(rv.Type())
	p.Elem().Set(rv)
	return p
}

// byMethod converts a value whose type has the manner, unless that is byKind, with
// its methods. It reports false if it cannot.
func (c *converter) byMethod(rv reflect.Value, v any, m manner, depth int, out *attribute.Value) (ok bool) {
	switch m {
	case byPointer:
		v = pointerTo(rv).Interface()
	case byType:
	default:
		return false
	}
	return c.knownType(v, depth, out) || c.callMethod(v, depth, out)
}

// nilMarshals reports whether encoding/json would ask a value that is nil what it is:
// it does not ask pointers, but maps and slices.
func nilMarshals(t reflect.Type, m manner) bool {
	if m == byKind || t.Kind() == reflect.Pointer {
		return false
	}
	t = reflect.PointerTo(t)
	return t.Implements(jsonMarshaler) || t.Implements(textMarshaler)
}

// knownType converts types whose own methods would give something else. It reports
// whether v is of such a type. Pointers are not nil.
func (c *converter) knownType(v any, depth int, out *attribute.Value) (ok bool) {
	switch v := v.(type) {
	case time.Time:
		*out = c.text(v.Format(time.RFC3339Nano))
		return true
	case *time.Time: // its MarshalJSON fails for years above 9999
		*out = c.text(v.Format(time.RFC3339Nano))
		return true
	case *time.Duration: // its String would give text
		*out = attribute.Int64Value(v.Nanoseconds())
		return true
	case json.Number: // its String would make text of it
		*out = c.number(v)
		return true
	case attribute.Value:
		*out = c.convert(v.AsInterface(), depth)
		return true
	case attribute.KeyValue:
		*out = c.attributes([]attribute.KeyValue{v}, depth)
		return true
	case attribute.Set:
		*out = c.attributes(v.ToSlice(), depth)
		return true
	case *attribute.Set:
		*out = c.attributes(v.ToSlice(), depth)
		return true
	case slog.Value:
		*out = c.convert(v.Any(), depth)
		return true
	case slog.Attr:
		*out = c.slogAttrs([]slog.Attr{v}, depth)
		return true
	case *json.Number, *attribute.Value, *attribute.KeyValue, *slog.Value, *slog.Attr:
		*out = c.convert(reflect.ValueOf(v).Elem().Interface(), depth)
		return true
	default:
		return false
	}
}

// callMethod converts v with the method that says what it is, and reports whether it
// has one. An error that marshals itself says more that way than with Error, as
// log/slog assumes too.
func (c *converter) callMethod(v any, depth int, out *attribute.Value) (ok bool) {
	method := ""
	defer func() {
		if r := recover(); r != nil {
			*out = c.text(panickedText(method, typeOf(v), r))
			ok = true
		}
	}()
	switch v := v.(type) {
	case slog.LogValuer:
		method = "LogValue"
		logged := v.LogValue()
		*out = c.convert(logged.Any(), depth)
		return true
	case json.Marshaler:
		method = "MarshalJSON"
		text, err := v.MarshalJSON()
		if err != nil {
			*out = c.failed(method, v, err)
			return true
		}
		*out = c.json(text, depth)
		return true
	case encoding.TextMarshaler:
		method = "MarshalText"
		text, err := v.MarshalText()
		if err != nil {
			*out = c.failed(method, v, err)
			return true
		}
		*out = c.text(string(text))
		return true
	case error:
		method = "Error"
		*out = c.text(v.Error())
		return true
	case fmt.Stringer:
		method = "String"
		*out = c.text(v.String())
		return true
	default:
		return false
	}
}

// preferText returns v, or v without its other methods if it has both MarshalText and
// MarshalJSON, and encoding/json would call the first.
func preferText(v any) any {
	switch v := v.(type) {
	case time.Time, *time.Time, slog.LogValuer:
		return v
	case encoding.TextMarshaler:
		if _, ok := v.(json.Marshaler); ok && !isNil(reflect.ValueOf(v)) {
			return onlyText{v}
		}
	}
	return v
}

// onlyText hides all methods of a value but one.
type onlyText struct{ encoding.TextMarshaler }

// typeOf returns the type whose methods v has.
func typeOf(v any) reflect.Type {
	if o, ok := v.(onlyText); ok {
		v = o.TextMarshaler
	}
	return reflect.TypeOf(v)
}

func (c *converter) failed(method string, v any, err error) attribute.Value {
	return c.text(fmt.Sprintf("(%s of %v failed: %s)", method, typeOf(v), panictext.Of(err)))
}

// isZero reports whether the value's method IsZero says so. A value whose method
// panics is not zero: it is shown.
func (c *converter) isZero(rv reflect.Value) (zero bool) {
	defer func() {
		if recover() != nil {
			zero = false
		}
	}()
	c.values--
	if k := rv.Kind(); k == reflect.Pointer || k == reflect.Interface {
		if rv.IsNil() || k == reflect.Interface && rv.Elem().Kind() == reflect.Pointer && rv.Elem().IsNil() {
			return true
		}
	} else {
		rv = pointerTo(rv)
	}
	v, ok := reflect.TypeAssert[zeroer](rv)
	return ok && v.IsZero()
}

// zeroer is what encoding/json asks about fields with the option omitzero.
type zeroer interface{ IsZero() bool }
