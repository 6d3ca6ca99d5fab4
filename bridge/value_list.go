package bridge

import (
	"fmt"
	"log/slog"
	"reflect"

	"go.opentelemetry.io/otel/attribute"
)

func (c *converter) list(rv reflect.Value, depth int) attribute.Value {
	if rv.Type().Elem().Kind() == reflect.Uint8 {
		return c.bytesOf(rv)
	}
	if rv.Kind() == reflect.Slice && rv.CanInterface() { // it would copy an array
		switch v := rv.Interface().(type) { // of lists, these have no methods
		case []attribute.KeyValue:
			return c.attributes(v, depth)
		case []slog.Attr:
			return c.slogAttrs(v, depth)
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
		values = append(values, c.value(rv.Index(i), depth-1))
	}
	return attribute.SliceValue(values...)
}

// bytesOf copes with arrays that are not addressable, which have no Bytes.
func (c *converter) bytesOf(rv reflect.Value) attribute.Value {
	if rv.Kind() == reflect.Array && !rv.CanAddr() {
		b := make([]byte, rv.Len())
		reflect.Copy(reflect.ValueOf(b), rv)
		return c.binary(b)
	}
	return c.binary(rv.Bytes())
}
