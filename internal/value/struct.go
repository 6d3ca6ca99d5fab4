package value

import (
	"encoding/json"
	"reflect"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
)

func (c *converter) structure(rv reflect.Value, s *structType, depth int) attribute.Value {
	if len(s.fields) > 0 && depth == 0 {
		return c.tooDeep(rv.Type())
	}
	if s.hidden && !rv.CanAddr() {
		rv = pointerTo(rv).Elem()
	}
	kvs := make([]attribute.KeyValue, 0, min(len(s.fields), maxMembers)+1)
	total := 0
	for i := range s.fields {
		f := &s.fields[i]
		v, ok := f.of(rv)
		if !ok || f.omitEmpty && isEmpty(v) || f.omitZero && c.omitsZero(f, v) {
			continue
		}
		if total++; !c.full(len(kvs)) {
			kvs = append(kvs, attribute.KeyValue{Key: c.key(f.name), Value: c.field(f, v, depth-1)})
		}
	}
	return mapValue(kvs, total)
}

func (c *converter) omitsZero(f *field, rv reflect.Value) bool {
	if f.isZeroer {
		return c.isZero(rv)
	}
	return rv.IsZero()
}

func (c *converter) field(f *field, rv reflect.Value, depth int) attribute.Value {
	if f.quoted {
		return c.quoted(f, rv, depth)
	}
	return c.part(rv, f.manner, depth)
}

// quoted converts a field with the option "string": to its JSON, as text. A method
// that says what the field is comes first, as in encoding/json.
func (c *converter) quoted(f *field, rv reflect.Value, depth int) attribute.Value {
	out := c.part(rv, f.manner, depth)
	if rv.Kind() == reflect.Pointer {
		rv = rv.Elem() // not valid if the pointer is nil
	}
	if !rv.IsValid() || mannerOf(rv.Type()) != byKind && !isNumber(rv.Type()) {
		return out
	}
	var plain any
	switch k := rv.Kind(); {
	case k == reflect.Bool:
		plain = rv.Bool()
	case rv.CanInt():
		plain = rv.Int()
	case rv.CanUint():
		plain = rv.Uint()
	case k == reflect.Float32:
		plain = float32(rv.Float())
	case k == reflect.Float64:
		plain = rv.Float()
	case rv.Len() > min(maxText, c.bytes):
		return out // says that it was cut
	case rv.Type() == reflect.TypeFor[json.Number]():
		plain = json.Number(rv.String())
	default:
		plain = rv.String()
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return out // already text: NaN, an infinity or not a number
	}
	return c.text(string(text))
}

// isNumber reports whether the package knows the type, and takes its values for
// numbers.
func isNumber(t reflect.Type) bool {
	return t == reflect.TypeFor[json.Number]() || t == reflect.TypeFor[time.Duration]()
}

// of returns the field's value. It reports false if an embedded pointer on the path
// to it is nil. A struct with hidden fields is addressable.
func (f *field) of(rv reflect.Value) (reflect.Value, bool) {
	for _, i := range f.index {
		if rv.Kind() == reflect.Pointer {
			if rv.IsNil() {
				return reflect.Value{}, false
			}
			rv = rv.Elem()
		}
		rv = rv.Field(i)
	}
	if f.hidden { // reflect would not call its methods, and one may hide something
		rv = reflect.NewAt(rv.Type(), unsafe.Pointer(rv.UnsafeAddr())).Elem()
	}
	return rv, true
}

// isEmpty reports whether encoding/json considers the value empty.
func isEmpty(rv reflect.Value) bool {
	switch rv.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return rv.Len() == 0
	case reflect.Struct:
		return false
	default:
		return rv.IsZero()
	}
}
