package value

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

func (c *converter) mapping(rv reflect.Value, depth int) attribute.Value {
	total := rv.Len()
	if total > 0 && depth == 0 {
		return c.tooDeep(rv.Type())
	}
	type entry struct {
		key   string
		value reflect.Value
	}
	entries := make([]entry, 0, min(total, maxMembers))
	keys, values := mannerOf(rv.Type().Key()), mannerOf(rv.Type().Elem())
	for i := rv.MapRange(); i.Next() && !c.full(len(entries)); {
		e := entry{value: i.Value()}
		if k := i.Key(); k.Kind() == reflect.String {
			e.key = k.String()
		} else {
			e.key = c.mapKey(k, keys)
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })

	kvs := make([]attribute.KeyValue, 0, len(entries)+1)
	same := 1
	for i, e := range entries {
		if c.full(i) {
			break
		}
		// Keys of different types may have the same text, and none may be lost.
		if same++; i == 0 || e.key != entries[i-1].key {
			same = 1
		}
		if same > 1 {
			e.key += "#" + strconv.Itoa(same)
		}
		kvs = append(kvs, attribute.KeyValue{Key: c.key(e.key), Value: c.part(e.value, values, depth-1)})
	}
	return mapValue(kvs, total)
}

// mapKey returns the text of a map's key, whose type is not of strings and has the
// manner. It follows encoding/json, for which strings are their own text even if they
// have methods, unless they are in an interface, and for which MarshalJSON says
// nothing about keys. But keys of any type are accepted, and LogValue, Error and
// String count.
func (c *converter) mapKey(k reflect.Value, m manner) string {
	if k.Kind() == reflect.Interface {
		if k = k.Elem(); !k.IsValid() {
			return ""
		}
		if m = mannerOf(k.Type()); k.Kind() == reflect.String && !k.Type().Implements(textMarshaler) {
			return k.String()
		}
	}
	if m == byKind || isNil(k) {
		return c.part(k, m, 1).String()
	}
	if m == byPointer {
		k = pointerTo(k)
	}
	key := preferText(k.Interface())
	if i := reflect.Indirect(k); (i.CanInt() || i.CanUint()) && describer(k.Type()) == marshalJSON {
		if _, ok := key.(json.Marshaler); ok { // without MarshalText
			return c.byKind(i, 1).String()
		}
	}
	return c.convert(key, 1).String()
}

// mapValue returns a map of the members. If they are not all, another member says
// so.
func mapValue(kvs []attribute.KeyValue, total int) attribute.Value {
	if len(kvs) < total {
		kvs = append(kvs, attribute.String("…", fmt.Sprintf("(cut, %d members)", total)))
	}
	return attribute.MapValue(kvs...)
}
