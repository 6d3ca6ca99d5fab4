package bridge

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
)

// value converts a part of another value. It is looked at where it is: taking it
// out would copy it, mutexes and large arrays included.
func (c *converter) value(rv reflect.Value, depth int) attribute.Value {
	if rv.Kind() == reflect.Interface {
		rv = rv.Elem()
	}
	if !rv.IsValid() {
		return attribute.Value{}
	}
	if rv.Type().NumMethod() > 0 && rv.CanInterface() {
		return c.convert(rv.Interface(), depth)
	}
	if c.values--; c.values < 0 {
		return attribute.StringValue("(cut)")
	}
	if isNil(rv) {
		return attribute.Value{}
	}
	return c.walk(rv, depth)
}

// walk converts by kind what has no better idea of itself, and is not nil.
func (c *converter) walk(rv reflect.Value, depth int) attribute.Value {
	switch rv.Kind() {
	case reflect.Bool:
		return attribute.BoolValue(rv.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return attribute.Int64Value(rv.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if u := rv.Uint(); u > math.MaxInt64 {
			return c.text(strconv.FormatUint(u, 10))
		}
		return attribute.Int64Value(int64(rv.Uint()))
	case reflect.Float32, reflect.Float64:
		return c.float(rv.Float())
	case reflect.Complex64, reflect.Complex128:
		return c.text(strconv.FormatComplex(rv.Complex(), 'g', -1, rv.Type().Bits()))
	case reflect.String:
		return c.text(rv.String())
	case reflect.Pointer:
		return c.within(rv, 0, func() attribute.Value { return c.pointee(rv.Elem(), depth) })
	case reflect.Slice:
		return c.within(rv, rv.Len(), func() attribute.Value { return c.list(rv, depth) })
	case reflect.Array:
		return c.list(rv, depth)
	case reflect.Map:
		return c.within(rv, 0, func() attribute.Value { return c.mapping(rv, depth) })
	case reflect.Struct:
		return c.structure(rv, depth)
	default:
		return c.text("(" + rv.Type().String() + ")")
	}
}

// pointee does not ask a struct or an array what it is: its pointer has all its
// methods, and has been asked.
func (c *converter) pointee(rv reflect.Value, depth int) attribute.Value {
	if k := rv.Kind(); k == reflect.Struct || k == reflect.Array {
		return c.walk(rv, depth)
	}
	return c.value(rv, depth)
}

func (c *converter) tooDeep(t reflect.Type) attribute.Value {
	return c.text(fmt.Sprintf("(nested too deeply: %v)", t))
}

// reference is a pointer, a map or a slice.
type reference struct {
	to unsafe.Pointer
	t  reflect.Type
	n  int // a slice is another if its length is
}

// within converts what a reference leads to, unless it has led there before.
func (c *converter) within(rv reflect.Value, n int, convert func() attribute.Value) attribute.Value {
	ref := reference{rv.UnsafePointer(), rv.Type(), n}
	if slices.Contains(c.open, ref) {
		return c.text(fmt.Sprintf("(cycle: %v)", ref.t))
	}
	c.open = append(c.open, ref)
	defer func() { c.open = c.open[:len(c.open)-1] }()
	return convert()
}

func isNil(rv reflect.Value) bool {
	switch rv.Kind() {
	case reflect.Chan, reflect.Func, reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice, reflect.UnsafePointer:
		return rv.IsNil()
	default:
		return false
	}
}
