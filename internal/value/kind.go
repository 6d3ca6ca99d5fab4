package value

import (
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
)

// part converts a part of another value, whose type has the manner. It reads the part
// in place where it can, because taking it out would copy it, mutexes and large
// arrays included.
func (c *converter) part(rv reflect.Value, m manner, depth int) attribute.Value {
	if m == byContent {
		if rv = rv.Elem(); !rv.IsValid() {
			return attribute.Value{}
		}
		m = byType // convert looks up structs
		if rv.Kind() != reflect.Struct {
			m = mannerOf(rv.Type())
		}
	}
	switch m {
	case byKind:
		if c.values--; c.values < 0 {
			return attribute.StringValue("(cut)")
		}
		if isNil(rv) {
			return attribute.Value{}
		}
		return c.byKind(rv, depth)
	case byText:
		if rv.IsNil() {
			return attribute.Value{}
		}
		return c.convert(preferText(rv.Interface()), depth)
	case byPointer:
		if isNil(rv) && !nilMarshals(rv.Type(), m) {
			return attribute.Value{}
		}
		return c.convert(pointerTo(rv).Interface(), depth)
	default:
		return c.convert(rv.Interface(), depth)
	}
}

// byKind converts a value that is not nil, and that has no method to say what it is.
func (c *converter) byKind(rv reflect.Value, depth int) attribute.Value {
	switch rv.Kind() {
	case reflect.Bool:
		return attribute.BoolValue(rv.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return attribute.Int64Value(rv.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return c.unsigned(rv.Uint())
	case reflect.Float32:
		return c.float32(rv.Float())
	case reflect.Float64:
		return c.float(rv.Float())
	case reflect.Complex64, reflect.Complex128:
		return c.text(strconv.FormatComplex(rv.Complex(), 'g', -1, rv.Type().Bits()))
	case reflect.String:
		return c.text(rv.String())
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return c.follow(rv, depth)
	case reflect.Array:
		return c.list(rv, depth)
	case reflect.Struct:
		return c.structure(rv, structOf(rv.Type()), depth)
	default: // channels, functions and the like
		return c.text("(" + rv.Type().String() + ")")
	}
}

// reference is a pointer, a map or a slice.
type reference struct {
	to     unsafe.Pointer
	t      reflect.Type
	length int // slices of different lengths are different, wherever they begin
}

// follow converts what a pointer, a slice or a map leads to, unless the
// conversion is inside of the same one already.
func (c *converter) follow(rv reflect.Value, depth int) attribute.Value {
	ref := reference{to: rv.UnsafePointer(), t: rv.Type()}
	kind := rv.Kind()
	if kind == reflect.Slice {
		ref.length = rv.Len()
	}
	if slices.Contains(c.open, ref) {
		return c.text(fmt.Sprintf("(cycle: %v)", ref.t))
	}
	c.open = append(c.open, ref)
	defer func() { c.open = c.open[:len(c.open)-1] }()
	switch kind {
	case reflect.Pointer:
		return c.pointee(rv, depth)
	case reflect.Slice:
		return c.list(rv, depth)
	default:
		return c.mapping(rv, depth)
	}
}

// pointee converts what a pointer leads to. The pointer had all of its methods, and
// they have been tried, unless the type of the pointer has a name of its own, and so
// no methods.
func (c *converter) pointee(pointer reflect.Value, depth int) attribute.Value {
	rv := pointer.Elem()
	switch k := rv.Kind(); {
	case pointer.Type().Name() != "" || k == reflect.Pointer || k == reflect.Interface:
		return c.part(rv, mannerOf(rv.Type()), depth)
	case k == reflect.Struct || k == reflect.Array:
		return c.byKind(rv, depth)
	default:
		return c.part(rv, byKind, depth)
	}
}

func (c *converter) list(rv reflect.Value, depth int) attribute.Value {
	elem := rv.Type().Elem()
	m := mannerOf(elem)
	if isByte(elem, m) {
		return c.byteList(rv)
	}
	if rv.Kind() == reflect.Slice { // Interface would copy an array
		var out attribute.Value
		if c.attributeList(rv.Interface(), depth, &out) { // nothing has called convert for it
			return out
		}
	}
	total := rv.Len()
	if total == 0 {
		return attribute.SliceValue()
	}
	if depth == 0 {
		return c.tooDeep(rv.Type())
	}
	values := make([]attribute.Value, 0, min(total, maxMembers))
	for i := range total {
		if c.full(i) {
			values = append(values, attribute.StringValue(fmt.Sprintf("(cut, %d elements)", total)))
			break
		}
		values = append(values, c.part(rv.Index(i), m, depth-1))
	}
	return attribute.SliceValue(values...)
}

// isByte reports whether lists of the type are binary data: not if the bytes marshal
// themselves, as in encoding/json.
func isByte(t reflect.Type, m manner) bool {
	return t.Kind() == reflect.Uint8 && (m == byKind || describer(reflect.PointerTo(t)) > marshalText)
}

// byteList converts a slice or an array of bytes. An array that is not addressable
// has no Bytes.
func (c *converter) byteList(rv reflect.Value) attribute.Value {
	if rv.Kind() == reflect.Array {
		rv = pointerTo(rv).Elem()
	}
	return c.binary(rv.Bytes())
}

func (c *converter) attributes(attrs []attribute.KeyValue, depth int) attribute.Value {
	if len(attrs) > 0 && depth == 0 {
		return c.tooDeep(reflect.TypeOf(attrs))
	}
	kvs := make([]attribute.KeyValue, 0, min(len(attrs), maxMembers)+1)
	for _, kv := range attrs {
		if c.full(len(kvs)) {
			break
		}
		kvs = append(kvs, attribute.KeyValue{Key: c.key(string(kv.Key)), Value: c.convert(kv.Value.AsInterface(), depth-1)})
	}
	return mapValue(kvs, len(attrs))
}

// slogAttrs follows slog's rules: an empty attribute is left out, and a group
// without a name gives its attributes to the group that contains it.
func (c *converter) slogAttrs(attrs []slog.Attr, depth int) attribute.Value {
	if len(attrs) > 0 && depth == 0 {
		return c.tooDeep(reflect.TypeOf(attrs))
	}
	var flat []slog.Attr
	total := c.flatten(&flat, attrs)
	kvs := make([]attribute.KeyValue, 0, len(flat)+1)
	for _, a := range flat {
		if c.full(len(kvs)) {
			break
		}
		kvs = append(kvs, attribute.KeyValue{Key: c.key(a.Key), Value: c.convert(a.Value.Any(), depth-1)})
	}
	return mapValue(kvs, total)
}

// flatten appends attrs to flat, with the attributes of groups without a name in
// place of the groups. It returns how many there are; flat has at most maxMembers.
func (c *converter) flatten(flat *[]slog.Attr, attrs []slog.Attr) (total int) {
	for _, a := range attrs {
		group := a.Value.Kind() == slog.KindGroup
		switch {
		case a.Key == "" && group && c.values > 0:
			c.values--
			total += c.flatten(flat, a.Value.Group())
		case a.Key == "" && a.Value.Kind() == slog.KindAny && a.Value.Any() == nil:
		default:
			if total++; len(*flat) < maxMembers {
				*flat = append(*flat, a)
			}
		}
	}
	return total
}

// full reports whether a collection that has n members may have no more.
func (c *converter) full(n int) bool { return n >= maxMembers || c.values <= 0 || c.bytes <= 0 }

func (c *converter) tooDeep(t reflect.Type) attribute.Value {
	return c.text(fmt.Sprintf("(nested too deeply: %v)", t))
}

func isNil(rv reflect.Value) bool {
	switch rv.Kind() {
	case reflect.Chan, reflect.Func, reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice, reflect.UnsafePointer:
		return rv.IsNil()
	default:
		return false
	}
}
